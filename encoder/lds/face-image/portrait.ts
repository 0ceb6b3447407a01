import { DecodeError } from '#encoder/bytes';
import { looksLikeJpeg2000, readJpeg2000Header } from './jpeg2000.ts';
import { readJpegHeader } from './jpeg.ts';

/** What the records of DG2 say about their picture. */
export interface PortraitHeader {
  readonly compression: 'JPEG' | 'JPEG 2000';
  readonly width: number;
  readonly height: number;
  readonly grey: boolean;
  /** JPEG 2000 with the wavelet by which nothing need be lost. */
  readonly reversible: boolean;
}

/** Fields of two bytes hold the size. */
const PIXELS_MAX = 0xffff;

/** Reads the header of a picture in one of the two compressions that DG2 may have; any other is a `DecodeError`, and so is a size that no record can state. */
export function readPortraitHeader(bytes: Uint8Array, path = 'portrait'): PortraitHeader {
  const jpeg2000 = looksLikeJpeg2000(bytes) ? readJpeg2000Header(bytes, path) : undefined;
  const { width, height, components } = jpeg2000 ?? readJpegHeader(bytes, path);
  if (Math.max(width, height) > PIXELS_MAX || Math.min(width, height) === 0) {
    throw new DecodeError('BYTES_LIMIT', { path, offset: 0 }, { detail: `${width} by ${height} pixels` });
  }
  const compression = jpeg2000 === undefined ? 'JPEG' : 'JPEG 2000';
  return { compression, width, height, grey: components === 1, reversible: jpeg2000?.reversible ?? false };
}
