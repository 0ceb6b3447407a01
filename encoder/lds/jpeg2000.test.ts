import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, DecodeError, fromHex, toHex } from '#encoder/bytes';
import { dg2, dg2Of, readJpeg2000Header } from './index.ts';

/** 24 by 32 pixels in colour, written by OpenJPEG 2.5.4 with the 9-7 wavelet: the codestream, and the same in a JP2 file. */
const CODESTREAM = fromHex(`
  FF4F FF51 002F 0000 00000018 00000020 00000000 00000000 00000018 00000020 00000000 00000000 0003 070101 070101 070101
  FF52 000C 00 00 0001 00 02 04 04 00 00 FF5C 0011 42 5F52 5005 5005 5047 57D3 57D3 5762
  FF64 0025 0001 43726561746564206279204F70656E4A5045472076657273696F6E20322E352E34
  FF90 000A 0000 00000028 00 01 FF93 80C24014005C8EC78B13FF05EDFAABBF98A19AF7808080808080 FFD9`);
const SIGNATURE_AND_TYPE = '0000000C 6A502020 0D0A870A 00000014 66747970 6A703220 00000000 6A703220';
const HEADER = '0000002D 6A703268 00000016 69686472 00000020 00000018 0003 07 07 00 00 0000000F 636F6C72 01 00 00 00000010';
const jp2 = (...boxes: readonly string[]) => fromHex(boxes.join(''));
const box = (type: string, content: string) =>
  `${toHex(Uint8Array.of(0, 0, 0, 8 + fromHex(content).length))}${Buffer.from(type).toString('hex')}${content}`;
const STREAM_BOX = box('jp2c', toHex(CODESTREAM));
const JP2 = jp2(SIGNATURE_AND_TYPE, HEADER, STREAM_BOX);

/** 24 by 32 pixels in grey, four tiles, the 5-3 wavelet; the tile-parts hold nothing that a decoder could use. */
const TILED = fromHex(`
  FF4F FF51 0029 0000 00000018 00000020 00000000 00000000 00000010 00000010 00000000 00000000 0001 070101
  FF52 000C 00 00 0001 00 01 04 04 00 01 FF5C 0007 40 40 48 48 50
  ${[0, 1, 2, 3].map((tile) => `FF90 000A 000${tile} 00000010 00 01 FF93 80 80`).join('')} FFD9`);

const replaced = (bytes: Uint8Array, from: string, to: string) => {
  const changed = toHex(bytes).replace(toHex(fromHex(from)), toHex(fromHex(to)));
  expect(changed).not.toBe(toHex(bytes));
  return fromHex(changed);
};

describe('JPEG 2000 headers, ISO/IEC 15444-1 annexes A and I', () => {
  test('a codestream', () => {
    expect(readJpeg2000Header(CODESTREAM)).toEqual({
      container: 'codestream',
      width: 24,
      height: 32,
      components: 3,
      bitsPerSample: 8,
      reversible: false,
      tiles: 1,
      layers: 1,
      decompositionLevels: 2,
      palette: false,
      metadata: ['comment'],
    });
  });

  test('a JP2 file, its codestream in a box with a length, of eight bytes, and to the end', () => {
    const expected = { ...readJpeg2000Header(CODESTREAM), container: 'JP2' };
    const long = `00000001 6A703263 ${(16 + CODESTREAM.length).toString(16).padStart(16, '0')} ${toHex(CODESTREAM)}`;
    const open = `00000000 6A703263 ${toHex(CODESTREAM)}`;
    for (const stream of [STREAM_BOX, long, open]) {
      expect(readJpeg2000Header(jp2(SIGNATURE_AND_TYPE, HEADER, stream))).toEqual(expected);
    }
  });

  test('tiles, grey, the reversible wavelet, an offset on the grid', () => {
    expect(readJpeg2000Header(TILED)).toMatchObject({ components: 1, tiles: 4, reversible: true, decompositionLevels: 1, metadata: [] });
    const shifted = replaced(TILED, '00000018 00000020 00000000 00000000', '00000018 00000020 00000004 00000002');
    expect(readJpeg2000Header(shifted)).toMatchObject({ width: 20, height: 30 });
  });

  test('boxes that carry what nobody ordered, and a palette', () => {
    const talkative = jp2(SIGNATURE_AND_TYPE, HEADER, box('xml ', '3C612F3E'), STREAM_BOX, box('uuid', '00'.repeat(17)));
    expect(readJpeg2000Header(talkative).metadata).toEqual(['xml', 'uuid', 'comment']);
    const palette = replaced(JP2, '0000002D 6A703268', '00000035 6A703268');
    const at = toHex(palette).indexOf(toHex(fromHex(STREAM_BOX))) / 2;
    const withPalette = concat(palette.subarray(0, at), fromHex('00000008 70636C72'), palette.subarray(at));
    expect(readJpeg2000Header(withPalette).palette).toBe(true);
  });

  test('cut anywhere, or with a byte more, it is refused', () => {
    for (const whole of [JP2, CODESTREAM, TILED]) {
      for (let length = 0; length < whole.length; length += 1) {
        expect(() => readJpeg2000Header(whole.subarray(0, length)), `${length}`).toThrow(DecodeError);
      }
      expect(() => readJpeg2000Header(concat(whole, Uint8Array.of(0)))).toThrow(DecodeError);
    }
  });

  test.each([
    ['another size in the box than in the codestream', () => replaced(JP2, '00000020 00000018 0003', '00000021 00000018 0003')],
    ['other components in the box', () => replaced(JP2, '00000020 00000018 0003', '00000020 00000018 0001')],
    ['the brand of another format', () => replaced(JP2, '00000000 6A703220', '00000000 6A707820')],
    ['the codestream before its header', () => jp2(SIGNATURE_AND_TYPE, STREAM_BOX, HEADER)],
    ['no header', () => jp2(SIGNATURE_AND_TYPE, STREAM_BOX)],
    ['no codestream', () => jp2(SIGNATURE_AND_TYPE, HEADER)],
    ['two codestreams', () => jp2(SIGNATURE_AND_TYPE, HEADER, STREAM_BOX, STREAM_BOX)],
    ['no file type', () => jp2('0000000C 6A502020 0D0A870A', HEADER, STREAM_BOX)],
    ['a box shorter than its own header', () => jp2(SIGNATURE_AND_TYPE, '00000007 78786D6C', HEADER, STREAM_BOX)],
    ['a box longer than the file', () => jp2(SIGNATURE_AND_TYPE, HEADER, '7FFFFFFF 6A703263', toHex(CODESTREAM))],
    ['a box of nearly 2^64 bytes', () => jp2(SIGNATURE_AND_TYPE, HEADER, '00000001 6A703263 FFFFFFFFFFFFFFFF', toHex(CODESTREAM))],
    ['a hundred boxes', () => jp2(SIGNATURE_AND_TYPE, '0000000866726565'.repeat(100), HEADER, STREAM_BOX)],
    ['an empty picture', () => replaced(TILED, '00000018 00000020 00000000', '00000018 00000020 00000018')],
    ['tiles of nothing', () => replaced(TILED, '00000010 00000010', '00000010 00000000')],
    ['four thousand million tiles', () => replaced(TILED, '00000018 00000020', 'FFFFFFFF FFFFFFFF')],
    ['a tile that is not on the grid', () => replaced(TILED, '0003 00000010', '0004 00000010')],
    ['a tile-part shorter than its header', () => replaced(TILED, '0003 00000010', '0003 0000000C')],
    ['a tile-part longer than the file', () => replaced(TILED, '0003 00000010', '0003 FFFFFFFF')],
    ['no component', () => replaced(TILED, '0001 070101 FF52', '0000 070101 FF52')],
    ['no layer', () => replaced(TILED, 'FF52 000C 00 00 0001', 'FF52 000C 00 00 0000')],
    ['33 levels', () => replaced(TILED, '0001 00 01 04', '0001 00 21 04')],
    ['no coding style', () => replaced(TILED, 'FF52 000C', 'FF53 000C')],
    ['a thousand segments', () => replaced(TILED, 'FF52 000C', `${'FF640002'.repeat(1000)}FF52 000C`)],
    ['a JPEG', () => fromHex('FFD8 FFE0 0010')],
  ])('%s is refused', (_what, bytes) => {
    expect(() => readJpeg2000Header(bytes())).toThrow(DecodeError);
  });

  test('changed at random: a header or a DecodeError', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.constantFrom(JP2, CODESTREAM, TILED), fc.array(change, { minLength: 1, maxLength: 5 }), (whole, changes) => {
        const mutated = Uint8Array.from(whole);
        for (const [at, value] of changes) mutated[at % whole.length] = value;
        try {
          readJpeg2000Header(mutated);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('DG2 of a portrait in JPEG 2000', () => {
  test.each([
    ['a JP2 file', JP2, { dataType: 1, colourSpace: 1 }],
    ['a codestream', CODESTREAM, { dataType: 1, colourSpace: 1 }],
    ['a grey codestream', TILED, { dataType: 1, colourSpace: 3 }],
  ])('ISO/IEC 19794-5 §5.7: %s goes in byte for byte, with its true size', (_what, picture, expected) => {
    const [face] = dg2.decode(dg2.encode(dg2Of(picture))).faces;
    expect(face?.header.formatType).toBe(0x0008);
    expect(face?.record.images).toMatchObject([{ width: 24, height: 32, data: picture, ...expected }]);
  });
});
