import { type Codec, type Example, fromHex } from '#encoder/bytes';
import { decodeDisplayedImages, encodeDisplayedImages, type DisplayedImages } from './displayed-images.ts';

/** EF.DG7, displayed signatures or usual marks (Doc 9303-10 §4.7.7): `67 { 02 count, 5F43 picture … }`. */
export type Dg7 = DisplayedImages;

export const dg7: Codec<Dg7> = {
  encode: (value) => encodeDisplayedImages(0x67, 0x5f43, value),
  decode: (bytes) => decodeDisplayedImages(bytes, 0x67, 0x5f43, 'DG7'),
};

export const dg7Examples: readonly Example<Dg7>[] = [
  {
    name: 'one signature',
    source: 'synthetic, ICAO Doc 9303-10 A.4 with a shorter picture',
    value: { images: [fromHex('FFD8FFD9')] },
    hex: '670A 020101 5F4304 FFD8FFD9',
  },
  {
    name: 'two signatures',
    source: 'synthetic, ICAO Doc 9303-10 §4.7.7.1',
    value: { images: [fromHex('FFD8FFD9'), fromHex('FF')] },
    hex: '670E 020102 5F4304 FFD8FFD9 5F4301 FF',
  },
];
