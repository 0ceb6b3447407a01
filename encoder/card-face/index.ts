/**
 * The two faces of the 2021 card: where everything is printed, the drawing of both faces at 300 dpi, the QR text, whether a record's
 * texts fit, and the reader that takes MRZ and QR back from the printed pictures. It composes no MRZ and checks no check digit
 * (`encoder/mrz`), drives no printer, and decides nothing about a card: inspection compares what is read here with everything else.
 */
export { CardFaceError, type CardFaceErrorCode } from './card-face-error.ts';
export { DEBIAN_FONTS, type FacePaths } from './fonts.ts';
export { FACE } from './layout.ts';
export type { FaceRecord } from './face-values.ts';
export { fitFaces, type FitRefusal } from './fit.ts';
export { parseQrText, qrText, type QrFields, type QrRecord } from './qr.ts';
export { renderFaces, type Faces, type FacesInput } from './render.ts';
export { readFaces, type FacesRead } from './read.ts';
