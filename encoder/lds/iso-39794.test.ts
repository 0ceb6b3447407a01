import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex } from '#encoder/bytes';
import { dg3, dg4, FILES, type FingerImageData, type IrisImageData } from './index.ts';

const number = fc.nat(0x7fff_ffff);
const picture = fc.uint8Array({ minLength: 1, maxLength: 200 });
const version = fc.record({ generation: number, year: number });
const others = (least: number) =>
  fc
    .uniqueArray(fc.integer({ min: least, max: 30 }), { maxLength: 6 })
    .chain((numbers) =>
      fc.tuple(
        ...numbers.toSorted((a, b) => a - b).map((tag) => fc.uint8Array({ maxLength: 20 }).map((value) => ({ tag: 0xa0 + tag, value }))),
      ),
    );

test('DG3 with any fingers after ISO/IEC 39794-4, both ways', () => {
  const finger: fc.Arbitrary<FingerImageData> = fc.record({
    version,
    position: fc.nat(10),
    impression: number,
    dataFormat: number,
    data: picture,
    others: others(4),
  });
  const header = { type: Uint8Array.of(8), subtype: 0, formatOwner: 0x0101, formatType: 0x0028 };
  fc.assert(
    fc.property(fc.array(finger, { maxLength: 4 }), (records) => {
      const value = { fingers: records.map((record) => ({ header, record })) };
      expect(dg3.decode(dg3.encode(value))).toEqual(value);
    }),
  );
});

test('DG4 with any eyes after ISO/IEC 39794-6, both ways', () => {
  const iris: fc.Arbitrary<IrisImageData> = fc.record({
    version,
    eye: fc.nat(2),
    imageKind: number,
    bitDepth: number,
    dataFormat: number,
    horizontalOrientation: number,
    verticalOrientation: number,
    compressionHistory: number,
    captureDateTime: fc.uint8Array({ maxLength: 20 }),
    data: picture,
    others: others(9),
  });
  const header = { type: Uint8Array.of(0x10), subtype: 0, formatOwner: 0x0101, formatType: 0x002c };
  fc.assert(
    fc.property(fc.array(iris, { maxLength: 4 }), (records) => {
      const value = { irises: records.map((record) => ({ header, record })) };
      expect(dg4.decode(dg4.encode(value))).toEqual(value);
    }),
  );
});

describe('blocks that nobody should have written', () => {
  const example = (file: 'EF.DG3' | 'EF.DG4') =>
    toHex(fromHex(FILES[file].examples.find(({ name }) => name.startsWith('ISO/IEC 39794'))?.hex ?? 'no example'));

  test.each([
    ['a face (§4.5.6 table 3)', 'A12D642B', 'A12D652B', '/7F2E/A1/64'],
    ['a block of ISO/IEC 19794 under this header', '7F2E2F', '5F2E2F', '/7F2E'],
    ['another finger than in the header', 'A003800102', 'A003800107', '/position'],
    ['a palm', 'A003800102', 'A003800115', '/position'],
    ['no finger', 'A003800102', 'A203800102', '/A0'],
    ['an extension in place of the position', 'A003800102', 'A003810102', '/A0/80'],
    ['an empty picture', '830489504E47', '8300840289FF', '/83'],
    ['a member that comes too early', 'A707800201F4', 'A307800201F4', '/30'],
  ])('finger: %s', (_what, from, to, path) => {
    const bad = example('EF.DG3').replace(from, to);
    expect(bad).not.toBe(example('EF.DG3'));
    expect(() => dg3.decode(fromHex(bad))).toThrow(DecodeError);
    expect(() => dg3.decode(fromHex(bad))).toThrow(expect.objectContaining({ path: expect.stringContaining(path) as string }) as Error);
  });

  test.each([
    ['a finger', 'A1396637', 'A1396437', '/7F2E/A1/66'],
    ['another eye than in the header', '302A800102', '302A800101', '/eye'],
    ['a third eye', '302A800102', '302A800103', '/eye'],
    ['no date of capture', 'A704800207E8', 'A904800207E8', '/A7'],
    ['an empty picture', '8804FFD8FFD9', '88008902FFD9', '/88'],
  ])('iris: %s', (_what, from, to, path) => {
    const bad = example('EF.DG4').replace(from, to);
    expect(bad).not.toBe(example('EF.DG4'));
    expect(() => dg4.decode(fromHex(bad))).toThrow(DecodeError);
    expect(() => dg4.decode(fromHex(bad))).toThrow(expect.objectContaining({ path: expect.stringContaining(path) as string }) as Error);
  });

  test('a record of one standard under the header of the other is not written', () => {
    const { fingers } = dg3.decode(fromHex(example('EF.DG3')));
    const { irises } = dg4.decode(fromHex(example('EF.DG4')));
    const announced = (formatType: number) => (template: (typeof fingers)[number]) => ({
      ...template,
      header: { ...template.header, formatType },
    });
    expect(() => dg3.encode({ fingers: fingers.map(announced(0x0007)) })).toThrow(RangeError);
    expect(() =>
      dg4.encode({ irises: irises.map((template) => ({ ...template, header: { ...template.header, formatType: 0x0009 } })) }),
    ).toThrow(RangeError);
    expect(() => dg3.encode({ fingers: fingers.map(announced(0x002a)) })).toThrow(RangeError);
  });
});
