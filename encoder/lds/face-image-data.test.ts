import * as fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex } from '#encoder/bytes';
import { dg2, dg2Of, FACE_HEADER, FILES, type FaceImageData, type FaceRepresentation } from './index.ts';

const header = { ...FACE_HEADER, formatType: 0x002a };
const example = (name: string) =>
  toHex(fromHex(FILES['EF.DG2'].examples.find((each) => each.name === `ISO/IEC 39794-5, ${name}`)?.hex ?? 'no example'));
const mandatory = example('mandatory members only');
const optional = example('optional members of every block');
const none = { information: [], image: [], representation: [] };

describe('DG2 of a portrait after ISO/IEC 39794-5', () => {
  let jpeg: Uint8Array;
  beforeAll(async () => {
    jpeg = Uint8Array.from(
      await sharp({ create: { width: 41, height: 53, channels: 3, background: '#8fa6c0' } })
        .jpeg()
        .toBuffer(),
    );
  });

  test('Doc 9303-10 §4.5.6, tables 1 to 3: 7F2E { A1 { 65 … } }, the picture byte for byte, with its true size', () => {
    const file = dg2.encode(dg2Of(jpeg, 'ISO/IEC 39794-5'));
    expect(toHex(file).split(toHex(jpeg))).toHaveLength(2);
    expect(toHex(file)).toContain('8802002A7F2E');
    expect(dg2.decode(file).faces).toEqual([
      {
        header,
        record: {
          version: { generation: 3, year: 2019 },
          images: [
            {
              representationId: 0,
              data: jpeg,
              dataFormat: 2,
              faceImageKind: 0,
              size: { width: 41, height: 53 },
              colourSpace: 2,
              others: none,
            },
          ],
        },
      },
    ]);
  });

  test('a document of the years of transition has both encodings (§4.5.6)', () => {
    const faces = [...dg2Of(jpeg).faces, ...dg2Of(jpeg, 'ISO/IEC 39794-5').faces];
    expect(dg2.decode(dg2.encode({ faces })).faces.map(({ header: { formatType } }) => formatType)).toEqual([0x0008, 0x002a]);
  });

  test('a record of one standard under the header of the other is not written', () => {
    const [old] = dg2Of(jpeg).faces;
    const [recent] = dg2Of(jpeg, 'ISO/IEC 39794-5').faces;
    if (old === undefined || recent === undefined) throw new Error('no face');
    expect(() => dg2.encode({ faces: [{ header: old.header, record: recent.record }] })).toThrow(RangeError);
    expect(() => dg2.encode({ faces: [{ header: recent.header, record: old.record }] })).toThrow(RangeError);
  });
});

describe('face image data that nobody should have written', () => {
  test.each([
    ['the block of the other standard', '8802002A', '88020008', '5F2E'],
    ['a finger', 'A1256523', 'A1256423', '7F2E/A1/65'],
    ['a number with a leading zero', '810207E3', '81020003', '7F2E/A1/65/A0/81'],
    ['a negative version', '800103', '8001FF', '7F2E/A1/65/A0/80'],
    ['no version', 'A007800103810207E3', 'A007820103830207E3', '7F2E/A1/65/A0/80'],
    ['another representation than the one of two dimensions', 'A111A00F', 'A111A10F', '/30/A1/A0'],
    ['an extension in place of the format of the picture', 'A003800103', 'A003A10103', '/A1/A0'],
    ['no picture', '8004FFD8FFD9A105A003800103', '8000A109A003800103A1020500', '/A0/A0/80'],
  ])('%s is refused', (_what, from, to, path) => {
    const bad = mandatory.replace(from, to);
    expect(bad).not.toBe(mandatory);
    expect(() => dg2.decode(fromHex(bad))).toThrow(DecodeError);
    expect(() => dg2.decode(fromHex(bad))).toThrow(expect.objectContaining({ path: expect.stringContaining(path) as string }) as Error);
    return undefined;
  });

  test.each([
    ['a member twice', 'A207800207E881010A850101', 'A207800207E881010A820101'],
    ['members out of order', 'A207800207E881010A850101', 'A507800207E881010A820101'],
    ['a member with a universal tag', '840205DC', '040205DC'],
    ['a size of three numbers', '8002019D81020213', '8002019D82020213'],
  ])('%s is refused', (_what, from, to) => {
    const bad = optional.replace(from, to);
    expect(bad).not.toBe(optional);
    expect(() => dg2.decode(fromHex(bad))).toThrow(DecodeError);
  });
});

test('any values of any members, both ways', () => {
  const number = fc.nat(0x7fffffff);
  const others = (least: number, taken: readonly number[]) =>
    fc
      .uniqueArray(
        fc.integer({ min: least, max: 30 }).filter((tag) => !taken.includes(tag)),
        { maxLength: 5 },
      )
      .chain((numbers) =>
        fc.tuple(
          ...numbers.toSorted((a, b) => a - b).map((tag) => fc.uint8Array({ maxLength: 20 }).map((value) => ({ tag: 0x80 + tag, value }))),
        ),
      );
  const image: fc.Arbitrary<FaceRepresentation> = fc.record(
    {
      representationId: number,
      data: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      dataFormat: number,
      faceImageKind: number,
      size: fc.record({ width: number, height: number }),
      colourSpace: number,
      others: fc.record({ information: others(2, [7, 9]), image: others(2, []), representation: others(2, []) }),
    },
    { requiredKeys: ['representationId', 'data', 'dataFormat', 'others'] },
  );
  const record: fc.Arbitrary<FaceImageData> = fc.record({
    version: fc.record({ generation: number, year: number }),
    images: image.map((one) => [one]),
  });
  fc.assert(
    fc.property(record, (value) => {
      const faces = [{ header, record: value }];
      expect(dg2.decode(dg2.encode({ faces }))).toEqual({ faces });
    }),
  );
});
