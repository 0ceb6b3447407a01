import { concat, uintBE } from '#encoder/bytes';
import { decodeOnly, enter, tlv } from '#encoder/tlv';

/**
 * The displayed images of DG5 and DG7 (Doc 9303-10 tables 58 and 62): a counter, then the pictures.
 *
 * ```
 * 65 { 02 count, 5F40 picture × count }
 * ```
 */
export interface DisplayedImages {
  /** Files of pictures (JPEG with JFIF, or JPEG 2000), byte for byte: `readJpegHeader` says what one of them is. */
  readonly images: readonly Uint8Array[];
}

/** Doc 9303-10 tables 60 and 64. */
const IMAGES_MAX = 9;

export function encodeDisplayedImages(tag: number, imageTag: number, { images }: DisplayedImages): Uint8Array {
  if (images.length === 0 || images.length > IMAGES_MAX) throw new RangeError(`1 to ${IMAGES_MAX} pictures`);
  if (images.some(({ length }) => length === 0)) throw new RangeError('a picture without bytes');
  return tlv(tag, tlv(0x02, uintBE(images.length, 1)), concat(...images.map((image) => tlv(imageTag, image))));
}

export function decodeDisplayedImages(bytes: Uint8Array, tag: number, imageTag: number, path: string): DisplayedImages {
  const outer = decodeOnly(bytes, tag, path);
  const counter = enter(outer, 0x02);
  const count = counter.uint(1, 'count');
  counter.end();
  if (count === 0 || count > IMAGES_MAX) throw counter.error('BYTES_LIMIT', 'count', `${count} pictures`);
  const images = Array.from({ length: count }, () => {
    const image = enter(outer, imageTag);
    if (image.remaining === 0) throw image.error('BYTES_TRUNCATED', undefined, 'a picture without bytes');
    return image.rest();
  });
  outer.end();
  return { images };
}
