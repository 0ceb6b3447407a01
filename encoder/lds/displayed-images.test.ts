import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from '#encoder/bytes';
import { vector } from '#test-vectors';
import { dg5, dg7 } from './index.ts';

test('DG5 with a picture of 2000 bytes, 9303-10 A.4', () => {
  const entry = vector('lds', 'lds.dg5.a4-header');
  const image = new Uint8Array(entry.int('imageInt')).fill(7);
  const file = concat(entry.bytes('header'), image);
  expect(dg5.decode(file)).toEqual({ images: [image] });
  expect(toHex(dg5.encode({ images: [image] }))).toBe(toHex(file));
});

test.each([
  ['DG5', dg5],
  ['DG7', dg7],
])('%s with one to nine pictures of any content', (_name, codec) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 9 }), (images) => {
      expect(codec.decode(codec.encode({ images }))).toEqual({ images });
    }),
  );
});

describe('bytes from outside', () => {
  test.each([
    ['no picture', '6703 020100', 'DG7/67/02/count', 'BYTES_LIMIT'],
    ['ten pictures', '6703 02010A', 'DG7/67/02/count', 'BYTES_LIMIT'],
    ['fewer pictures than counted', '6707 020102 5F4301 FF', 'DG7/67', 'BYTES_TRUNCATED'],
    ['more pictures than counted', '670B 020101 5F4301 FF 5F4301 FF', 'DG7/67', 'BYTES_TRAILING'],
    ['a picture without bytes', '6706 020101 5F4300', 'DG7/67/5F43', 'BYTES_TRUNCATED'],
    ['the picture of DG5 in DG7', '6707 020101 5F4001 FF', 'DG7/67/5F43', 'BYTES_UNEXPECTED'],
  ])('%s', (_what, hex, path, code) => {
    expect(() => dg7.decode(fromHex(hex))).toThrow(
      expect.objectContaining({ code, path: expect.stringContaining(path) as string }) as Error,
    );
  });
});

test('values that no file can hold are refused', () => {
  for (const images of [[], [new Uint8Array()], Array.from({ length: 10 }, () => Uint8Array.of(1))]) {
    expect(() => dg5.encode({ images })).toThrow(RangeError);
  }
});
