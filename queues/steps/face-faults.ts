import { CardFaceError, type CardFaceErrorCode } from '#encoder/card-face';

/** `face`: the card does not show what it should. `ours`: camera, fonts or program failed, and nothing is known of the card. */
const FAULTS = {
  FACE_FONT_MISSING: 'ours',
  FACE_FONT_UNREADABLE: 'ours',
  FACE_TEXT_UNFIT: 'ours',
  FACE_IMAGE_UNREADABLE: 'ours',
  FACE_MRZ_FORM: 'ours',
  FACE_QR_FIELDS: 'face',
  FACE_QR_TOO_LONG: 'ours',
  FACE_PNG_CORRUPT: 'ours',
  FACE_PNG_SIZE: 'ours',
  FACE_MRZ_NOT_FOUND: 'face',
  FACE_MRZ_UNREADABLE: 'face',
  FACE_QR_UNREADABLE: 'face',
} as const satisfies Record<CardFaceErrorCode, 'face' | 'ours'>;

/** Whether an error of reading a face is a finding about the card; any other is thrown on, and the card waits. */
export function isFaceFault(error: unknown): error is CardFaceError {
  return error instanceof CardFaceError && FAULTS[error.code] === 'face';
}
