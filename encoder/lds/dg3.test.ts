import * as fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { dg3, dg3Of, fingerOf, type FingerRecord } from './index.ts';

let right: Uint8Array;
let left: Uint8Array;

const grey = async (width: number, height: number) =>
  Uint8Array.from(
    await sharp({ create: { width, height, channels: 3, background: '#808080' } })
      .toColourspace('b-w')
      .png()
      .toBuffer(),
  );

beforeAll(async () => {
  [right, left] = await Promise.all([grey(300, 400), grey(260, 380)]);
});

describe('DG3 of both index fingers', () => {
  test('Doc 9303-10 table 52: one template a finger with its header, the pictures byte for byte', () => {
    const file = dg3.encode(dg3Of({ rightIndexFinger: right, leftIndexFinger: left }));
    const printed = vector('lds', 'lds.dg3.table52');
    for (const [header, picture] of [
      [printed.bytes('rightHeader'), right],
      [printed.bytes('leftHeader'), left],
    ] as const) {
      expect(toHex(file).split(toHex(header))).toHaveLength(2);
      expect(toHex(file).split(toHex(picture))).toHaveLength(2);
    }
    expect(dg3.decode(file).fingers.map(({ record }) => record)).toMatchObject([
      { position: 2, width: 300, height: 400, pixelDepth: 8, compression: 'PNG', data: right },
      { position: 7, width: 260, height: 380, pixelDepth: 8, compression: 'PNG', data: left },
    ]);
  });

  test('ISO/IEC 19794-4 §7.1 and §7.2: the fixed fields of a record, 46 bytes before the picture', () => {
    const file = toHex(dg3.encode({ fingers: [fingerOf(7, left)] }));
    const length = (size: number, digits: number) => size.toString(16).toUpperCase().padStart(digits, '0');
    const headers = [
      `46495200 30313000 ${length(46 + left.length, 12)} 0000 001F 01 01 01F4 01F4 01F4 01F4 08 05 0000`,
      `${length(14 + left.length, 8)} 07 01 01 FE 00 0104 017C 00`,
    ];
    expect(file).toContain(toHex(fromHex(headers.join(''))) + toHex(left));
  });

  test.each(['colour', 'grey with alpha', 'sixteen bits', 'cut', 'a JPEG'])('a picture that is %s is refused', async (what) => {
    const base = sharp({ create: { width: 20, height: 30, channels: 4, background: '#80808040' } });
    const bytes = {
      colour: () => base.removeAlpha().png().toBuffer(),
      'grey with alpha': () => base.toColourspace('b-w').png().toBuffer(),
      'sixteen bits': () => base.removeAlpha().toColourspace('grey16').png().toBuffer(),
      cut: async () => right.subarray(0, -1),
      'a JPEG': () => base.removeAlpha().jpeg().toBuffer(),
    }[what];
    expect(bytes).toBeDefined();
    const picture = Uint8Array.from((await bytes?.()) ?? []);
    const refused = expect.objectContaining({ path: expect.stringMatching(/^rightIndexFinger/) as string }) as Error;
    expect(() => dg3Of({ rightIndexFinger: picture, leftIndexFinger: left })).toThrow(DecodeError);
    expect(() => dg3Of({ rightIndexFinger: picture, leftIndexFinger: left })).toThrow(refused);
  });

  test('table 49: the sub-type of every finger', () => {
    const subtypes = Array.from({ length: 10 }, (_, at) => fingerOf(at + 1, right).header.subtype);
    expect(subtypes).toEqual([0b00101, 0b01001, 0b01101, 0b10001, 0b10101, 0b00110, 0b01010, 0b01110, 0b10010, 0b10110]);
    expect(() => fingerOf(11, right)).toThrow(RangeError);
  });
});

describe('DG3 that nobody should have written', () => {
  const [finger] = dg3.decode(fromHex(vector('lds', 'lds.dg3.table52').text('file'))).fingers;
  const file = () => toHex(dg3.encode({ fingers: finger === undefined ? [] : [finger] }));

  test.each([
    ['the header of a face', '810108', '810102', 'DG3/63/7F61/7F60[1]/A1'],
    ['the format of a face', '88020007', '88020008', 'DG3/63/7F61/7F60[1]/A1/88'],
    ['another owner', '87020101', '87020102', 'DG3/63/7F61/7F60[1]/A1'],
    ['a block of data objects', '5F2E', '7F2E', 'DG3/63/7F61/7F60[1]/5F2E'],
    ['a facial record', '46495200', '46414300', 'DG3/63/7F61/7F60[1]/5F2E/format identifier'],
    ['the version of the second edition', '30313000', '30323000', 'DG3/63/7F61/7F60[1]/5F2E/version'],
    ['the left finger under the header of the right', '82010A', '820109', 'DG3/63/7F61/7F60[1]/5F2E/position'],
    ['two fingers in one block', '001F01', '001F02', 'DG3/63/7F61/7F60[1]/5F2E/number of fingers'],
    ['a palm', '070101', '150101', 'DG3/63/7F61/7F60[1]/5F2E/position'],
    ['a second view', '070101', '070201', 'DG3/63/7F61/7F60[1]/5F2E/number of views'],
    ['an unknown compression', '08050000', '08060000', 'DG3/63/7F61/7F60[1]/5F2E/compression'],
    ['a count of two', '020101', '020102', 'DG3/63/7F61'],
    ['a count of 255', '020101', '0201FF', 'DG3/63/7F61/02/count'],
  ])('%s', (_what, from, to, path) => {
    const good = file();
    const bad = good.replace(from, to);
    expect(bad).not.toBe(good);
    expect(() => dg3.decode(fromHex(bad))).toThrow(DecodeError);
    expect(() => dg3.decode(fromHex(bad))).toThrow(expect.objectContaining({ path: expect.stringContaining(path) as string }) as Error);
  });

  test('no sub-type (table 47), and random bytes beside a finger (table 50)', () => {
    const withoutSubtype = tlv(0x7f60, tlv(0xa1, fromHex('810108 87020101 88020007')), tlv(0x5f2e));
    const bare = tlv(0x63, tlv(0x7f61, fromHex('020101'), withoutSubtype));
    expect(() => dg3.decode(bare)).toThrow(/DG3\/63\/7F61\/7F60\[1\]\/A1 .*sub-type/);
    if (finger === undefined) throw new Error('no finger');
    const { subtype: _subtype, ...header } = finger.header;
    expect(() => dg3.encode({ fingers: [{ ...finger, header }] })).toThrow(RangeError);
    expect(() => dg3.encode({ fingers: [finger], issuerContent: right })).toThrow(RangeError);
  });
});

test('any records of any fingers, both ways', () => {
  const resolution = fc.record({ horizontal: fc.nat(0xffff), vertical: fc.nat(0xffff) });
  const record: fc.Arbitrary<FingerRecord> = fc.record({
    captureDevice: fc.nat(0xffff),
    acquisitionLevel: fc.nat(0xffff),
    scaleUnits: fc.nat(2),
    scanResolution: resolution,
    imageResolution: resolution,
    pixelDepth: fc.nat(16),
    compression: fc.constantFrom('raw', 'packed', 'WSQ', 'JPEG', 'JPEG 2000', 'PNG'),
    position: fc.constant(0),
    quality: fc.nat(255),
    impressionType: fc.nat(255),
    width: fc.nat(0xffff),
    height: fc.nat(0xffff),
    data: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 10 }), (records) => {
      const header = { type: Uint8Array.of(8), subtype: 0, formatOwner: 0x0101, formatType: 0x0007 };
      const value = { fingers: records.map((each) => ({ header, record: each })) };
      expect(dg3.decode(dg3.encode(value))).toEqual(value);
    }),
  );
});
