import { type ByteReader, concat, uintBE } from '#encoder/bytes';
import { readConstant, readRecordFormat, recordFormat } from '../record-format.ts';

/**
 * An iris image record of ISO/IEC 19794-6:2005, the block that DG4 holds: 45 bytes on the capture, 3 bytes on the eye, then
 * for each image 11 bytes and the image itself. The standard has room for both eyes; Doc 9303-10 §4.7.4.2.4 wants each in a
 * template of its own.
 */
export interface IrisRecord {
  /** Vendor's number; 0 is unspecified. */
  readonly captureDevice: number;
  /** Bit field on orientation, scan type, occlusions and boundary. */
  readonly imageProperties: number;
  /** Expected diameter of the iris in pixels. */
  readonly diameter: number;
  /** 2 grey raw, 4 RGB raw, 6 grey JPEG, 8 RGB JPEG, 10 and 12 JPEG-LS, 14 and 16 JPEG 2000, grey and RGB each. */
  readonly imageFormat: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Bits a pixel. */
  readonly intensityDepth: number;
  /** 0 undefined, 1 as captured, 2 unrolled. */
  readonly transformation: number;
  /** Sixteen bytes that the device is known by; all zero is none. */
  readonly deviceId: Uint8Array;
  /** 0 undefined, 1 right, 2 left. */
  readonly eye: number;
  readonly images: readonly IrisImage[];
}

export interface IrisImage {
  /** 0 to 100, 254 is not known. */
  readonly quality: number;
  /** Angle of the eye, 65536 a full turn; 0xFFFF is undefined. */
  readonly rotation: number;
  readonly rotationUncertainty: number;
  readonly data: Uint8Array;
}

const RECORD_HEADER = 45;
const DEVICE_ID = 16;
const EYE_HEADER = 3;
const EYE_MAX = 2;
const IMAGE_HEADER = 11;
/** The count has two bytes; a card has room for a few. */
const IMAGES_MAX = 16;

export function encodeIrisRecord(record: IrisRecord): Uint8Array {
  const { images, deviceId, eye } = record;
  if (images.length === 0 || images.length > IMAGES_MAX) throw new RangeError(`an iris record holds 1 to ${IMAGES_MAX} images`);
  if (eye > EYE_MAX || deviceId.length !== DEVICE_ID) throw new RangeError('not an eye, or not the identifier of a device');
  const blocks = concat(...images.map(encodeImage));
  return concat(
    recordFormat('IIR'),
    uintBE(RECORD_HEADER + EYE_HEADER + blocks.length, 4),
    uintBE(record.captureDevice, 2),
    uintBE(1, 1),
    uintBE(RECORD_HEADER, 2),
    uintBE(record.imageProperties, 2),
    uintBE(record.diameter, 2),
    uintBE(record.imageFormat, 2),
    uintBE(record.width, 2),
    uintBE(record.height, 2),
    uintBE(record.intensityDepth, 1),
    uintBE(record.transformation, 1),
    deviceId,
    uintBE(eye, 1),
    uintBE(images.length, 2),
    blocks,
  );
}

export function readIrisRecord(reader: ByteReader): IrisRecord {
  const length = reader.remaining;
  readRecordFormat(reader, 'IIR');
  readConstant(reader, length, 4, 'record length');
  const captureDevice = reader.uint(2, 'capture device');
  readConstant(reader, 1, 1, 'number of eyes');
  readConstant(reader, RECORD_HEADER, 2, 'header length');
  const capture = {
    captureDevice,
    imageProperties: reader.uint(2, 'image properties'),
    diameter: reader.uint(2, 'diameter'),
    imageFormat: reader.uint(2, 'image format'),
    width: reader.uint(2, 'width'),
    height: reader.uint(2, 'height'),
    intensityDepth: reader.uint(1, 'intensity depth'),
    transformation: reader.uint(1, 'transformation'),
    deviceId: reader.take(DEVICE_ID, 'device identifier'),
  };
  const eye = reader.uint(1, 'eye');
  if (eye > EYE_MAX) throw reader.error('BYTES_UNEXPECTED', 'eye');
  const count = reader.uint(2, 'number of images');
  if (count === 0 || count > IMAGES_MAX) throw reader.error('BYTES_LIMIT', 'number of images', `${count}`);
  return { ...capture, eye, images: Array.from({ length: count }, (_, at) => readImage(reader, at + 1)) };
}

function encodeImage({ quality, rotation, rotationUncertainty, data }: IrisImage, at: number): Uint8Array {
  if (data.length === 0) throw new RangeError('an eye without an image');
  const numbers = [uintBE(at + 1, 2), uintBE(quality, 1), uintBE(rotation, 2), uintBE(rotationUncertainty, 2), uintBE(data.length, 4)];
  return concat(...numbers, data);
}

function readImage(record: ByteReader, number: number): IrisImage {
  const reader = record.sub(IMAGE_HEADER, `image[${number}]`);
  readConstant(reader, number, 2, 'image number');
  const quality = reader.uint(1, 'quality');
  const rotation = reader.uint(2, 'rotation');
  const rotationUncertainty = reader.uint(2, 'rotation uncertainty');
  const length = reader.uint(4, 'image length');
  if (length === 0) throw reader.error('BYTES_TRUNCATED', 'image length', 'no image');
  return { quality, rotation, rotationUncertainty, data: record.take(length, `image[${number}]/data`) };
}
