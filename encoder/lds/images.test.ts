import * as fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, DecodeError, fromHex, toHex } from '#encoder/bytes';
import { dg2, dg2Of, PORTRAIT_BYTES_LEAST, PORTRAIT_OFFSET, readJpegHeader, readPngHeader, withJfifHeader } from './index.ts';
import { PLAIN_FACE } from './face-image/facial-record.ts';

const picture = (channels: 3 | 4 = 3) => sharp({ create: { width: 413, height: 531, channels, background: '#8fa6c0' } });
let jpeg: Uint8Array;
let png: Uint8Array;

beforeAll(async () => {
  jpeg = withJfifHeader(Uint8Array.from(await picture().jpeg().toBuffer()));
  png = Uint8Array.from(await picture().toColourspace('b-w').png().toBuffer());
});

describe('JPEG headers, ISO/IEC 10918-1 annex B', () => {
  test('a baseline picture', () => {
    expect(readJpegHeader(jpeg)).toEqual({
      width: 413,
      height: 531,
      components: 3,
      bitsPerSample: 8,
      frame: 0xc0,
      jfif: true,
      metadata: [],
    });
    expect(toHex(jpeg.subarray(0, 4))).toBe('FFD8FFE0');
  });

  test('progressive, grey and metadata are seen', async () => {
    expect(readJpegHeader(await picture().jpeg({ progressive: true }).toBuffer())).toMatchObject({ frame: 0xc2, jfif: false });
    expect(readJpegHeader(await picture().toColourspace('b-w').jpeg().toBuffer()).components).toBe(1);
    expect(readJpegHeader(await picture().withMetadata({ density: 300 }).jpeg().toBuffer()).metadata).toContain('exif');
    const comment = concat(jpeg.subarray(0, 20), fromHex('FFFE 0004 4142'), jpeg.subarray(20));
    expect(readJpegHeader(comment).metadata).toEqual(['comment']);
  });

  test('a JFIF header is put in once and changes no sample', async () => {
    const bare = Uint8Array.from(await picture().jpeg().toBuffer());
    const once = withJfifHeader(bare);
    expect(withJfifHeader(once)).toBe(once);
    const [before, after] = await Promise.all([bare, once].map((bytes) => sharp(bytes).raw().toBuffer()));
    expect(after).toEqual(before);
  });

  test('a thumbnail inside JFIF is seen', () => {
    const changed = Uint8Array.from(jpeg);
    changed[18] = 1;
    expect(readJpegHeader(changed).metadata).toEqual(['thumbnail']);
  });

  test('cut anywhere it is refused', () => {
    for (let length = 0; length < jpeg.length; length += 1) expect(() => readJpegHeader(jpeg.subarray(0, length))).toThrow(DecodeError);
  });

  test.each([
    ['something behind the end', () => concat(jpeg, Uint8Array.of(0))],
    ['a second picture behind the end', () => concat(jpeg, jpeg)],
    ['a second frame header', () => concat(jpeg.subarray(0, 20), fromHex('FFC0 000B 08 0001 0001 01 011100'), jpeg.subarray(20))],
    ['a segment of length 1', () => concat(jpeg.subarray(0, 20), fromHex('FFFE 0001'), jpeg.subarray(20))],
    [
      'three hundred segments',
      () => concat(jpeg.subarray(0, 20), ...Array.from({ length: 300 }, () => fromHex('FFFE 0002')), jpeg.subarray(20)),
    ],
    ['no frame', () => fromHex('FFD8 FFD9')],
    ['a PNG', () => png],
    ['text', () => Uint8Array.from(Buffer.from('<html>'.repeat(100)))],
  ])('%s is refused', (_what, bytes) => {
    expect(() => readJpegHeader(bytes())).toThrow(DecodeError);
  });

  test('changed at random: a header or a DecodeError', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 700 }), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 }), (changes) => {
        const mutated = Uint8Array.from(jpeg);
        for (const [at, value] of changes) mutated[at] = value;
        try {
          readJpegHeader(mutated);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

describe('PNG headers, ISO/IEC 15948', () => {
  test('a grey picture', () => {
    expect(readPngHeader(png)).toEqual({ width: 413, height: 531, bitDepth: 8, colourType: 0, interlaced: false, ancillary: [] });
  });

  test('cut anywhere, or one bit changed anywhere, it is refused', () => {
    for (let length = 0; length < png.length; length += 1) expect(() => readPngHeader(png.subarray(0, length))).toThrow(DecodeError);
    for (let at = 0; at < png.length; at += 7) {
      const mutated = Uint8Array.from(png);
      mutated[at] = (mutated[at] ?? 0) ^ 1;
      expect(() => readPngHeader(mutated), `byte ${at}`).toThrow(DecodeError);
    }
    expect(() => readPngHeader(concat(png, Uint8Array.of(0)))).toThrow(DecodeError);
  });
});

describe('DG2 of a portrait', () => {
  test('facts on the Vietnamese card §1.4: the picture starts at byte 84, byte for byte, with its true size', () => {
    const file = dg2.encode(dg2Of(jpeg));
    expect(toHex(file.subarray(0, 2))).toBe('7582');
    expect(toHex(file.subarray(PORTRAIT_OFFSET))).toBe(toHex(jpeg));
    const image = dg2.decode(file).faces[0]?.record.images[0];
    expect(image).toMatchObject({ width: 413, height: 531, dataType: 0, colourSpace: 1, featurePoints: [] });
    expect(file).toHaveLength(84 + jpeg.length);
  });

  test('the shortest picture that is let through still starts there', () => {
    const padded = concat(fromHex('FFD8 FFE0'), new Uint8Array(PORTRAIT_BYTES_LEAST - 4));
    const { faces } = dg2Of(jpeg);
    const image = { ...PLAIN_FACE, width: 413, height: 531 };
    const at = (data: Uint8Array) => {
      const changed = faces.map(({ header }) => ({ header, record: { images: [{ ...image, data }] } }));
      return toHex(dg2.encode({ faces: changed })).indexOf('FFD8FFE0') / 2;
    };
    expect(at(padded)).toBe(PORTRAIT_OFFSET);
    expect(at(padded.subarray(0, -1))).toBeLessThan(PORTRAIT_OFFSET);
  });

  test('a portrait that is no JPEG is refused', () => {
    expect(() => dg2Of(png)).toThrow(DecodeError);
  });
});
