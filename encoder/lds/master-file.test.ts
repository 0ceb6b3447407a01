import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex, type Codec } from '#encoder/bytes';
import { derOid, derSequence, tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { efAtrInfo, efCardSecurity, efDir, type AtrInfoObject } from './index.ts';

test('EF.DIR with four applications, 9303-10 table 31', () => {
  const entry = vector('lds', 'lds.dir.table31');
  const value = efDir.decode(entry.bytes('file'));
  expect(value.applications.map(({ applicationId }) => toHex(applicationId))).toEqual(entry.bytesList('applicationIds').map(toHex));
  expect(toHex(efDir.encode(value))).toBe(toHex(entry.bytes('file')));
});

const bytes = fc.uint8Array({ maxLength: 40 });
const object = fc.record({ tag: fc.constantFrom(0x46, 0x50, 0x53, 0x73, 0x82, 0x5f50, 0x7f65, 0x7f8166), value: bytes });

describe('round trips', () => {
  test('EF.DIR with any applications', () => {
    const application = fc.record({
      applicationId: fc.uint8Array({ minLength: 5, maxLength: 16 }),
      further: fc.array(object, { maxLength: 16 }),
    });
    fc.assert(
      fc.property(fc.array(application, { minLength: 1, maxLength: 32 }), (applications) => {
        expect(efDir.decode(efDir.encode({ applications }))).toEqual({ applications });
      }),
    );
  });

  test('EF.ATR/INFO with any data objects in any order', () => {
    const limit = fc.integer({ min: 0, max: 65_544 });
    const known = fc.tuple(
      fc
        .uint8Array({ minLength: 3, maxLength: 3 })
        .map((softwareFunctions): AtrInfoObject => ({ kind: 'cardCapabilities', softwareFunctions })),
      fc.record({ kind: fc.constant('extendedLength' as const), commandBytes: limit, responseBytes: limit }),
    );
    const others = fc.array(
      object.map((other): AtrInfoObject => ({ kind: 'other', ...other })),
      { maxLength: 30 },
    );
    const arranged = fc
      .tuple(known, others)
      .chain(([named, more]) => fc.shuffledSubarray<AtrInfoObject>([...named, ...more], { minLength: 1 }));
    fc.assert(
      fc.property(arranged, (objects) => {
        expect(efAtrInfo.decode(efAtrInfo.encode({ objects }))).toEqual({ objects });
      }),
    );
  });

  test('EF.CardSecurity with any SignedData', () => {
    fc.assert(
      fc.property(bytes, (signedData) => {
        const contentInfo = derSequence(derOid('1.2.840.113549.1.7.2'), tlv(0xa0, derSequence(signedData)));
        expect(efCardSecurity.decode(contentInfo)).toEqual({ contentInfo });
        expect(efCardSecurity.encode({ contentInfo })).toEqual(contentInfo);
      }),
    );
  });
});

describe('bytes from outside', () => {
  test.each<[string, Codec<unknown>, string, string, string]>([
    ['EF.DIR without anything', efDir, '', 'EF.DIR', 'BYTES_TRUNCATED'],
    ['EF.DIR with padding', efDir, '6109 4F07 A0000002471001 0000', 'EF.DIR/61', 'BYTES_UNEXPECTED'],
    ['an identifier of four bytes', efDir, '6106 4F04 A0000002', 'EF.DIR/61/4F', 'BYTES_UNEXPECTED'],
    ['an identifier of 17 bytes', efDir, `6113 4F11 ${'A0'.repeat(17)}`, 'EF.DIR/61/4F', 'BYTES_UNEXPECTED'],
    ['a template without an identifier', efDir, '6104 5002 4944', 'EF.DIR/61/4F', 'BYTES_UNEXPECTED'],
    ['33 applications', efDir, '61094F07A0000002471001'.repeat(33), 'EF.DIR', 'BYTES_LIMIT'],
    ['17 more data objects', efDir, `612B 4F07 A0000002471001 ${'5000'.repeat(17)}`, 'EF.DIR/61', 'BYTES_LIMIT'],
    ['EF.ATR/INFO without anything', efAtrInfo, '', 'EF.ATR/INFO', 'BYTES_TRUNCATED'],
    ['card capabilities of two bytes', efAtrInfo, '4702 8601', 'EF.ATR/INFO/47', 'BYTES_TRUNCATED'],
    ['card capabilities of four bytes', efAtrInfo, '4704 8601E000', 'EF.ATR/INFO/47', 'BYTES_TRAILING'],
    ['card capabilities twice', efAtrInfo, '4703 8601E0 4703 8601E0', 'EF.ATR/INFO/cardCapabilities', 'BYTES_UNEXPECTED'],
    ['a command longer than any APDU', efAtrInfo, '7F6609 0203010009 02020100', 'EF.ATR/INFO/7F66', 'BYTES_LIMIT'],
    ['a third limit', efAtrInfo, '7F6609 020101 020101 020101', 'EF.ATR/INFO/7F66', 'BYTES_TRAILING'],
    ['33 data objects', efAtrInfo, '4600'.repeat(33), 'EF.ATR/INFO', 'BYTES_LIMIT'],
    [
      'EF.CardSecurity of type data',
      efCardSecurity,
      '300F 06092A864886F70D010701 A002 3000',
      'EF.CardSecurity/30/contentType',
      'BYTES_UNEXPECTED',
    ],
    ['EF.CardSecurity without content', efCardSecurity, '300B 06092A864886F70D010702', 'EF.CardSecurity/30', 'BYTES_TRUNCATED'],
    ['two contents', efCardSecurity, '3011 06092A864886F70D010702 A004 30003000', 'EF.CardSecurity/30/A0', 'BYTES_TRAILING'],
    ['the wrapper of EF.SOD', efCardSecurity, '7711 300F 06092A864886F70D010702 A002 3000', 'EF.CardSecurity/30', 'BYTES_UNEXPECTED'],
  ])('%s', (_what, codec, hex, path, code) => {
    expect(() => codec.decode(fromHex(hex))).toThrow(
      expect.objectContaining({ code, path: expect.stringContaining(path) as string }) as Error,
    );
  });
});

describe('values that no file can hold are refused', () => {
  const applicationId = fromHex('A0000002471001');
  const further = Array.from({ length: 17 }, () => ({ tag: 0x50, value: new Uint8Array() }));
  test.each([
    ['no application', []],
    ['33 applications', Array.from({ length: 33 }, () => ({ applicationId, further: [] }))],
    ['an identifier of four bytes', [{ applicationId: applicationId.subarray(0, 4), further: [] }]],
    ['17 more data objects', [{ applicationId, further }]],
  ])('EF.DIR: %s', (_what, applications) => expect(() => efDir.encode({ applications })).toThrow(RangeError));

  const capabilities: AtrInfoObject = { kind: 'cardCapabilities', softwareFunctions: fromHex('8601E0') };
  test.each<[string, AtrInfoObject[]]>([
    ['nothing', []],
    ['card capabilities twice', [capabilities, capabilities]],
    ['card capabilities of two bytes', [{ kind: 'cardCapabilities', softwareFunctions: fromHex('8601') }]],
    ['a response longer than any APDU', [{ kind: 'extendedLength', commandBytes: 1000, responseBytes: 65_545 }]],
    ['card capabilities under another name', [{ kind: 'other', tag: 0x47, value: fromHex('8601E0') }]],
    ['33 data objects', Array.from({ length: 33 }, (): AtrInfoObject => ({ kind: 'other', tag: 0x46, value: new Uint8Array() }))],
  ])('EF.ATR/INFO: %s', (_what, objects) => expect(() => efAtrInfo.encode({ objects })).toThrow(RangeError));

  test('EF.CardSecurity: what is no ContentInfo', () => {
    expect(() => efCardSecurity.encode({ contentInfo: fromHex('3000') })).toThrow(DecodeError);
  });
});
