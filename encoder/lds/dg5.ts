import { type Codec, type Example, fromHex } from '#encoder/bytes';
import { decodeDisplayedImages, encodeDisplayedImages, type DisplayedImages } from './displayed-images.ts';

/** EF.DG5, displayed portraits (Doc 9303-10 §4.7.5): `65 { 02 count, 5F40 picture … }`. */
export type Dg5 = DisplayedImages;

export const dg5: Codec<Dg5> = {
  encode: (value) => encodeDisplayedImages(0x65, 0x5f40, value),
  decode: (bytes) => decodeDisplayedImages(bytes, 0x65, 0x5f40, 'DG5'),
};

export const dg5Examples: readonly Example<Dg5>[] = [
  {
    name: 'one portrait',
    source: 'synthetic, ICAO Doc 9303-10 A.4 with a shorter picture',
    value: { images: [fromHex('FFD8FFD9')] },
    hex: '650A 020101 5F4004 FFD8FFD9',
  },
  {
    name: 'two portraits',
    source: 'synthetic, ICAO Doc 9303-10 §4.7.5.1',
    value: { images: [fromHex('FFD8FFD9'), fromHex('FF')] },
    hex: '650E 020102 5F4004 FFD8FFD9 5F4001 FF',
  },
];
