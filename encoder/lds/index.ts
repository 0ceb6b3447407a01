/**
 * The logical data structure of Doc 9303-10: one file of this folder an elementary file of the card, one row of the
 * registry each, and the structures that they share. Codecs only: bytes in, values out, and back. Who the citizen is, which
 * files a card has and in which order they are written is decided by card profiles (`#encoder/profiles`); signing is `pki/sod`.
 */
export type { BiometricHeader, BiometricTemplate } from './biometric-template.ts';
export { cardAccess, type CardAccess } from './card-access.ts';
export { CURVES, isOnCurve, type Curve, type CurveName } from './curves.ts';
export { dg1, type Dg1 } from './dg1.ts';
export { dg11, type Dg11, type Dg11Element } from './dg11.ts';
export { dg12, type Dg12, type Dg12Element } from './dg12.ts';
export { dg13, type Dg13, type Dg13Content, type Dg13Field } from './dg13.ts';
export {
  citizenOf,
  Dg13Error,
  dg13Of,
  type AbsentText,
  type Dg13Citizen,
  type Dg13ErrorCode,
  type Dg13Grammar,
  type Dg13Row,
} from './dg13-grammar.ts';
export { dg14, dg14Of, type Dg14 } from './dg14.ts';
export { dg15, type Dg15 } from './dg15.ts';
export { dg16, type Dg16, type PersonToNotify } from './dg16.ts';
export { dg2, dg2Of, FACE_HEADER, PORTRAIT_BYTES_LEAST, PORTRAIT_OFFSET, type Dg2, type FaceRecord, type FaceStandard } from './dg2.ts';
export { dg3, dg3Of, fingerOf, type Dg3 } from './dg3.ts';
export { dg4, type Dg4 } from './dg4.ts';
export { dg5, type Dg5 } from './dg5.ts';
export { dg7, type Dg7 } from './dg7.ts';
export { efAtrInfo, type AtrInfoObject, type EfAtrInfo } from './ef-atr-info.ts';
export { efCardSecurity, type EfCardSecurity } from './ef-card-security.ts';
export { DATA_GROUP_TAGS, efCom, type EfCom } from './ef-com.ts';
export { efCvca, type EfCvca } from './ef-cvca.ts';
export { efDir, type ApplicationTemplate, type EfDir } from './ef-dir.ts';
export { efSod, type EfSod } from './ef-sod.ts';
export type { DataObject, Directory, ElementaryFile } from './elementary-file.ts';
export type { FingerImageData } from './finger-image/finger-image-data.ts';
export type { FingerCompression, FingerRecord } from './finger-image/finger-record.ts';
export type { FaceImageData, FaceRepresentation } from './face-image/face-image-data.ts';
export type { FaceImage, FacialRecord } from './face-image/facial-record.ts';
export { readJpegHeader, withJfifHeader, type JpegHeader } from './face-image/jpeg.ts';
export type { IrisImageData } from './iris-image/iris-image-data.ts';
export type { IrisImage, IrisRecord } from './iris-image/iris-record.ts';
export { readJpeg2000Header, type Jpeg2000Header } from './face-image/jpeg2000.ts';
export { readPortraitHeader, type PortraitHeader } from './face-image/portrait.ts';
export { ldsSecurityObject, type HashName, type LdsSecurityObject } from './lds-security-object.ts';
export { readPngHeader, type PngHeader } from './png.ts';
export { decodeSubjectPublicKeyInfo, ecSubjectPublicKeyInfo, type PublicKey } from './public-key.ts';
export {
  directoryOf,
  ELEMENTARY_FILES,
  fileById,
  fileByName,
  fileOfDataGroup,
  FILES,
  type FileName,
  type RegisteredFile,
} from './registry.ts';
export { encodeSecurityInfo, inDerOrder, PROTOCOL, type ProtocolName, type SecurityInfo } from './security-infos.ts';
