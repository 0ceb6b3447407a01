import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError, fromHex, toHex } from '#encoder/bytes';
import { dg4, FILES, type IrisRecord } from './index.ts';

const [both] = FILES['EF.DG4'].examples;
const [right] = dg4.decode(fromHex(both?.hex ?? '')).irises;
if (right === undefined) throw new Error('the example has no eye');

test.each([
  ['the header of a finger', '810110', '810108', 'DG4/76/7F61/7F60[1]/A1'],
  ['the format of a finger', '88020009', '88020007', 'DG4/76/7F61/7F60[1]/A1/88'],
  ['a finger record', '49495200', '46495200', 'DG4/76/7F61/7F60[1]/5F2E/format identifier'],
  ['the left eye under the header of the right', '820101', '820102', 'DG4/76/7F61/7F60[1]/5F2E/eye'],
  ['two eyes in one block', '000001002D', '000002002D', 'DG4/76/7F61/7F60[1]/5F2E/number of eyes'],
  ['a longer header', '0001002D', '0001002E', 'DG4/76/7F61/7F60[1]/5F2E/header length'],
  ['a third eye', '01000100015', '03000100015', 'DG4/76/7F61/7F60[1]/5F2E/eye'],
  ['no image', '01000100015', '01000000015', 'DG4/76/7F61/7F60[1]/5F2E/number of images'],
  ['65535 images', '01000100015', '01FFFF00015', 'DG4/76/7F61/7F60[1]/5F2E/number of images'],
  ['an image that is longer than the file', '00000004FF', 'FFFFFFFFFF', 'DG4/76/7F61/7F60[1]/5F2E/image[1]/data'],
  ['bytes behind the image', '00000004FF', '00000003FF', 'DG4/76/7F61/7F60[1]/5F2E'],
])('%s is refused', (_what, from, to, path) => {
  const good = toHex(dg4.encode({ irises: [right] }));
  const bad = good.replace(from, to);
  expect(bad).not.toBe(good);
  expect(() => dg4.decode(fromHex(bad))).toThrow(DecodeError);
  expect(() => dg4.decode(fromHex(bad))).toThrow(expect.objectContaining({ path }) as Error);
});

test('what no DG4 can hold is not written', () => {
  const withRecord = (record: Partial<IrisRecord>) => () => dg4.encode({ irises: [{ ...right, record: { ...right.record, ...record } }] });
  expect(withRecord({})).not.toThrow();
  expect(withRecord({ images: [] })).toThrow(RangeError);
  expect(withRecord({ eye: 3 })).toThrow(RangeError);
  expect(withRecord({ deviceId: new Uint8Array(15) })).toThrow(RangeError);
  expect(() => dg4.encode({ irises: Array.from({ length: 10 }, () => right) })).toThrow(RangeError);
  expect(() => dg4.encode({ irises: [right], issuerContent: new Uint8Array(8) })).toThrow(RangeError);
});

test('any records of any eyes, both ways', () => {
  const two = fc.nat(0xffff);
  const one = fc.nat(0xff);
  const image = fc.record({ quality: one, rotation: two, rotationUncertainty: two, data: fc.uint8Array({ minLength: 1, maxLength: 200 }) });
  const record = fc.record({
    captureDevice: two,
    imageProperties: two,
    diameter: two,
    imageFormat: two,
    width: two,
    height: two,
    intensityDepth: one,
    transformation: one,
    deviceId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    eye: fc.constant(0),
    images: fc.array(image, { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 9 }), (records) => {
      const value = { irises: records.map((each) => ({ header: right.header, record: each })) };
      expect(dg4.decode(dg4.encode(value))).toEqual(value);
    }),
  );
});
