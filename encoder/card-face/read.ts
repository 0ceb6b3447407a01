import type { FacePaths } from './fonts.ts';
import { readMrz } from './mrz-reader.ts';
import { decodeFace } from './picture.ts';
import { readQr } from './qr-reader.ts';

export interface FacesRead {
  readonly mrz: readonly [string, string, string];
  readonly qrText: string;
  /** 0 to 1: how well the worst MRZ character matches its template. The QR code carries its own error correction. */
  readonly confidence: number;
}

/**
 * Reads the two printed faces of one card, 1011 × 638 pixels each, as inspection does: from the picture and from nothing else.
 * Neither check digits nor the order are consulted, so that a wrong print is read as it is and not as it should be.
 * @throws CardFaceError FACE_PNG_CORRUPT, FACE_PNG_SIZE, FACE_QR_UNREADABLE, FACE_MRZ_NOT_FOUND, FACE_MRZ_UNREADABLE, FACE_FONT_MISSING
 */
export async function readFaces(front: Uint8Array, back: Uint8Array, paths?: FacePaths): Promise<FacesRead> {
  const [frontPicture, backPicture] = await Promise.all([decodeFace(front, 'front'), decodeFace(back, 'back')]);
  const { lines, confidence } = await readMrz(backPicture, paths);
  return { mrz: lines, qrText: await readQr(frontPicture), confidence };
}
