import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex } from '#encoder/bytes';
import { efCvca } from './index.ts';

test('none to two references of any length, always 36 bytes, Doc 9303-11 table K-2', () => {
  const reference = fc
    .tuple(fc.stringMatching(/^[A-Z]{2}$/), fc.stringMatching(/^[A-Za-z0-9 \-é]{1,9}$/), fc.stringMatching(/^[0-9A-Z]{5}$/))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(reference, { maxLength: 2 }), (references) => {
      const file = efCvca.encode({ references });
      expect(file).toHaveLength(36);
      expect(efCvca.decode(file)).toEqual({ references });
    }),
  );
});

describe('bytes from outside', () => {
  const zeros = (count: number) => '00'.repeat(count);
  const car = '42 08 564E 41 3030303031';
  test.each([
    ['35 bytes', zeros(35), 'EF.CVCA/references', 'BYTES_TRUNCATED'],
    ['37 bytes', zeros(37), 'EF.CVCA', 'BYTES_TRAILING'],
    ['three references', `${car} ${car} ${car} ${zeros(6)}`, 'EF.CVCA/references', 'BYTES_LIMIT'],
    ['something in the padding', `${car} ${zeros(25)} 01`, 'EF.CVCA/references/padding', 'BYTES_UNEXPECTED'],
    ['a reference after padding', `${zeros(26)} ${car}`, 'EF.CVCA/references/padding', 'BYTES_UNEXPECTED'],
    ['a reference of 17 characters', `42 11 ${'41'.repeat(17)} ${zeros(17)}`, 'EF.CVCA/references/42', 'BYTES_UNEXPECTED'],
    ['a reference without a country', `42 08 3034 41 3030303031 ${zeros(26)}`, 'EF.CVCA/references/42', 'BYTES_UNEXPECTED'],
    ['a line feed in a reference', `42 08 564E 0A 3030303031 ${zeros(26)}`, 'EF.CVCA/references/42', 'BYTES_UNEXPECTED'],
    ['a reference longer than the file', `42 30 ${zeros(34)}`, 'EF.CVCA/references', 'BYTES_TRUNCATED'],
  ])('%s', (_what, hex, path, code) => {
    expect(() => efCvca.decode(fromHex(hex))).toThrow(
      expect.objectContaining({ code, path: expect.stringContaining(path) as string }) as Error,
    );
  });
});

test('values that no file can hold are refused', () => {
  const reference = 'VNCVCA00001';
  for (const references of [[reference, reference, reference], ['VN00001'], [`VN${'A'.repeat(10)}00001`], ['vnCVCA00001'], ['VNĐ00001']]) {
    expect(() => efCvca.encode({ references })).toThrow(RangeError);
  }
});
