import { type ByteReader, concat, uintBE } from '#encoder/bytes';
import { readConstant, readRecordFormat, recordFormat } from '../record-format.ts';

/**
 * A facial record of ISO/IEC 19794-5:2005, the block that DG2 holds: `FAC\0 010\0`, the length, the number of images; then
 * for each image 20 bytes on the face, 8 bytes a feature point, 12 bytes on the image, and the image itself.
 */
export interface FacialRecord {
  readonly images: readonly FaceImage[];
}

export interface FaceImage {
  /** §5.5.3–5.5.9; all zero means unspecified. */
  readonly gender: number;
  readonly eyeColour: number;
  readonly hairColour: number;
  /** Three bytes of feature flags. */
  readonly featureMask: number;
  readonly expression: number;
  /** Yaw, pitch, roll, and their uncertainties: three bytes each. */
  readonly poseAngle: number;
  readonly poseAngleUncertainty: number;
  /** Eight bytes each; none on Vietnamese cards. */
  readonly featurePoints: readonly Uint8Array[];
  /** §5.7.1: 0 basic, 1 full frontal, 2 token frontal. */
  readonly imageType: number;
  /** §5.7.2: 0 JPEG, 1 JPEG 2000. */
  readonly dataType: number;
  readonly width: number;
  readonly height: number;
  /** §5.7.4: 1 is 24-bit RGB, 3 is 8-bit grey. */
  readonly colourSpace: number;
  /** §5.7.5: 2 is a photograph from a digital still camera. */
  readonly sourceType: number;
  readonly deviceType: number;
  readonly quality: number;
  readonly data: Uint8Array;
}

const RECORD_HEADER = 14;
const FACE_INFORMATION = 20;
const FEATURE_POINT = 8;
const IMAGE_INFORMATION = 12;
/** Doc 9303-10 §4.5.6 wants one face a template; readers know records with a few. */
const IMAGES_MAX = 9;
/** The largest set that ISO/IEC 14496-2 defines has fewer. */
const FEATURE_POINTS_MAX = 255;

/** What the image is when nothing is said about the face: full frontal JPEG in colour from a digital camera. */
export const PLAIN_FACE = {
  gender: 0,
  eyeColour: 0,
  hairColour: 0,
  featureMask: 0,
  expression: 0,
  poseAngle: 0,
  poseAngleUncertainty: 0,
  featurePoints: [],
  imageType: 1,
  dataType: 0,
  colourSpace: 1,
  sourceType: 2,
  deviceType: 0,
  quality: 0,
} as const satisfies Partial<FaceImage>;

export function encodeFacialRecord({ images }: FacialRecord): Uint8Array {
  if (images.length === 0 || images.length > IMAGES_MAX) throw new RangeError(`a facial record holds 1 to ${IMAGES_MAX} images`);
  const blocks = concat(...images.map(encodeImage));
  return concat(recordFormat('FAC'), uintBE(RECORD_HEADER + blocks.length, 4), uintBE(images.length, 2), blocks);
}

export function readFacialRecord(reader: ByteReader): FacialRecord {
  const length = reader.remaining;
  readRecordFormat(reader, 'FAC');
  readConstant(reader, length, 4, 'length');
  const count = reader.uint(2, 'number of images');
  if (count === 0 || count > IMAGES_MAX) throw reader.error('BYTES_LIMIT', 'number of images', `${count}`);
  const images = Array.from({ length: count }, (_, at) => readImage(reader, at));
  reader.end();
  return { images };
}

function encodeImage(image: FaceImage): Uint8Array {
  if (image.featurePoints.some((point) => point.length !== FEATURE_POINT)) throw new RangeError('a feature point has 8 bytes');
  const length = FACE_INFORMATION + FEATURE_POINT * image.featurePoints.length + IMAGE_INFORMATION + image.data.length;
  return concat(
    uintBE(length, 4),
    uintBE(image.featurePoints.length, 2),
    uintBE(image.gender, 1),
    uintBE(image.eyeColour, 1),
    uintBE(image.hairColour, 1),
    uintBE(image.featureMask, 3),
    uintBE(image.expression, 2),
    uintBE(image.poseAngle, 3),
    uintBE(image.poseAngleUncertainty, 3),
    ...image.featurePoints,
    uintBE(image.imageType, 1),
    uintBE(image.dataType, 1),
    uintBE(image.width, 2),
    uintBE(image.height, 2),
    uintBE(image.colourSpace, 1),
    uintBE(image.sourceType, 1),
    uintBE(image.deviceType, 2),
    uintBE(image.quality, 2),
    image.data,
  );
}

function readImage(record: ByteReader, at: number): FaceImage {
  const path = `image[${at + 1}]`;
  const length = record.uint(4, `${path}/length`);
  if (length < FACE_INFORMATION + IMAGE_INFORMATION) throw record.error('BYTES_UNEXPECTED', `${path}/length`, `${length}`);
  const reader = record.sub(length - 4, path);
  const points = reader.uint(2, 'number of feature points');
  if (points > FEATURE_POINTS_MAX) throw reader.error('BYTES_LIMIT', 'number of feature points', `${points}`);
  const face = {
    gender: reader.uint(1, 'gender'),
    eyeColour: reader.uint(1, 'eye colour'),
    hairColour: reader.uint(1, 'hair colour'),
    featureMask: reader.uint(3, 'feature mask'),
    expression: reader.uint(2, 'expression'),
    poseAngle: reader.uint(3, 'pose angle'),
    poseAngleUncertainty: reader.uint(3, 'pose angle uncertainty'),
  };
  const featurePoints = Array.from({ length: points }, () => reader.take(FEATURE_POINT, 'feature point'));
  return {
    ...face,
    featurePoints,
    imageType: reader.uint(1, 'image type'),
    dataType: reader.uint(1, 'data type'),
    width: reader.uint(2, 'width'),
    height: reader.uint(2, 'height'),
    colourSpace: reader.uint(1, 'colour space'),
    sourceType: reader.uint(1, 'source type'),
    deviceType: reader.uint(2, 'device type'),
    quality: reader.uint(2, 'quality'),
    data: reader.rest(),
  };
}
