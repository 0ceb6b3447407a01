import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import { vector } from '#test-vectors';
import { dg16, type PersonToNotify } from './index.ts';

test('two persons, 9303-10 A.6', () => {
  const entry = vector('lds', 'lds.dg16.a6');
  const value = dg16.decode(entry.bytes('file'));
  expect(value.persons.map(({ name }) => name)).toEqual(entry.texts('namesText'));
  expect(toHex(dg16.encode(value))).toBe(toHex(entry.bytes('file')));
});

const text = fc.string({ unit: fc.constantFrom(...Array.from('aĂặđ <,1Ỵ😀')), maxLength: 200 });
const person = fc.record({ dateRecorded: fc.stringMatching(/^[0-9]{8}$/), name: text, telephone: text, address: text });

test('any persons come back', () => {
  fc.assert(
    fc.property(fc.array(person, { minLength: 1, maxLength: 15 }), (persons) => {
      expect(dg16.decode(dg16.encode({ persons }))).toEqual({ persons });
    }),
  );
});

describe('bytes from outside', () => {
  const fields = '5F5008 3230303230313031 5F5100 5F5200 5F5300';
  test.each([
    ['nobody', '7003 020100', 'DG16/70/02/count', 'BYTES_LIMIT'],
    ['sixteen persons', '7003 020110', 'DG16/70/02/count', 'BYTES_LIMIT'],
    ['a count of two bytes', '7004 02020001', 'DG16/70/02', 'BYTES_TRAILING'],
    ['fewer persons than counted', `701B 020102 A114 ${fields}`, 'DG16/70', 'BYTES_TRUNCATED'],
    ['more persons than counted', `702F 020101 A114 ${fields} A214 ${fields}`, 'DG16/70', 'BYTES_TRAILING'],
    ['a person out of turn', `7019 020101 A214 ${fields}`, 'DG16/70/A1', 'BYTES_UNEXPECTED'],
    ['a date with a letter', '7019 020101 A114 5F5008 3230303230314F31 5F5100 5F5200 5F5300', 'DG16/70/A1/5F50', 'BYTES_UNEXPECTED'],
    ['a person without an address', '7016 020101 A111 5F5008 3230303230313031 5F5100 5F5200', 'DG16/70/A1', 'BYTES_TRUNCATED'],
  ])('%s', (_what, hex, path, code) => {
    expect(() => dg16.decode(fromHex(hex))).toThrow(
      expect.objectContaining({ code, path: expect.stringContaining(path) as string }) as Error,
    );
  });
});

test('values that no file can hold are refused', () => {
  const someone: PersonToNotify = { dateRecorded: '20020101', name: 'A<<B', telephone: '1', address: 'C' };
  for (const persons of [[], Array.from({ length: 16 }, () => someone), [{ ...someone, dateRecorded: '2002' }]]) {
    expect(() => dg16.encode({ persons })).toThrow(RangeError);
  }
});
