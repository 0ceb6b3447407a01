import sharp from 'sharp';
import { CardFaceError } from './card-face-error.ts';
import { FACE } from './layout.ts';

/** A card face as brightness, one byte a pixel, row by row: 0 is black. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
}

/**
 * Decodes the picture of a face. The size is read from the header before a pixel is decoded.
 * @throws CardFaceError FACE_PNG_CORRUPT (no PNG, or a damaged one), FACE_PNG_SIZE
 */
export async function decodeFace(png: Uint8Array, where: 'front' | 'back'): Promise<Picture> {
  try {
    const image = sharp(png, { limitInputPixels: 4_000_000, failOn: 'warning' });
    const { format, width, height } = await image.metadata();
    if (format !== 'png') throw new CardFaceError('FACE_PNG_CORRUPT', { where, detail: 'not a PNG' });
    if (width !== FACE.widthPx || height !== FACE.heightPx) {
      throw new CardFaceError('FACE_PNG_SIZE', { where, detail: `${width} x ${height}, ${FACE.widthPx} x ${FACE.heightPx} expected` });
    }
    const grey = await image.flatten({ background: '#fff' }).greyscale().raw().toBuffer();
    return { width, height, grey: new Uint8Array(grey.buffer, grey.byteOffset, grey.byteLength) };
  } catch (cause) {
    if (cause instanceof CardFaceError) throw cause;
    throw new CardFaceError('FACE_PNG_CORRUPT', { where, cause });
  }
}
