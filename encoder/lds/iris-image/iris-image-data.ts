import type { ByteReader } from '#encoder/bytes';
import { enter } from '#encoder/tlv';
import type { DataObject } from '../elementary-file.ts';
import {
  code,
  encodeDataBlock,
  integer,
  readCode,
  readDataBlock,
  readNumber,
  readOthers,
  readPicture,
  type Versioned,
} from '../iso-39794.ts';

/** IrisImageDataBlock of ISO/IEC 39794-6 in DER: the data block 7F2E of DG4, of one eye (Doc 9303-10 §4.7.4.2.4). */
export interface IrisImageData extends Versioned {
  /** eyeLabelCode: 0 unknown, 1 right, 2 left. */
  readonly eye: number;
  /** irisImageKind: 1 uncropped, 2 VGA, 3 cropped, 7 cropped and masked. */
  readonly imageKind: number;
  /** Bits a pixel. */
  readonly bitDepth: number;
  /** 0 PGM, 1 PPM, 2 PNG, 3 and 4 JPEG 2000 that lost nothing or something. */
  readonly dataFormat: number;
  /** 0 undefined, 1 left to right, 2 right to left. */
  readonly horizontalOrientation: number;
  /** 0 undefined, 1 top to bottom, 2 bottom to top. */
  readonly verticalOrientation: number;
  /** 0 undefined, 1 nothing lost, 2 something lost. */
  readonly compressionHistory: number;
  /** captureDateTimeBlock, as it stands. */
  readonly captureDateTime: Uint8Array;
  readonly data: Uint8Array;
  /** Members from range [9] on, as they stand, with their context tags. */
  readonly others: readonly DataObject[];
}

const EYE_MAX = 2;

export function encodeIrisImageData(iris: IrisImageData): Uint8Array {
  if (iris.eye > EYE_MAX) throw new RangeError('not an eye');
  return encodeDataBlock(0x66, iris.version, [
    integer(0x80, iris.eye),
    code(0xa1, iris.imageKind),
    integer(0x82, iris.bitDepth),
    code(0xa3, iris.dataFormat),
    integer(0x84, iris.horizontalOrientation),
    integer(0x85, iris.verticalOrientation),
    integer(0x86, iris.compressionHistory),
    { tag: 0xa7, value: iris.captureDateTime },
    { tag: 0x88, value: iris.data },
    ...iris.others,
  ]);
}

export function readIrisImageData(reader: ByteReader): IrisImageData {
  const { version, representation } = readDataBlock(reader, 0x66, readRepresentation);
  return { version, ...representation };
}

function readRepresentation(reader: ByteReader): Omit<IrisImageData, 'version'> {
  const eye = readNumber(reader, 0x80);
  if (eye > EYE_MAX) throw reader.error('BYTES_UNEXPECTED', 'eye');
  return {
    eye,
    imageKind: readCode(enter(reader, 0xa1)),
    bitDepth: readNumber(reader, 0x82),
    dataFormat: readCode(enter(reader, 0xa3)),
    horizontalOrientation: readNumber(reader, 0x84),
    verticalOrientation: readNumber(reader, 0x85),
    compressionHistory: readNumber(reader, 0x86),
    captureDateTime: enter(reader, 0xa7).rest(),
    data: readPicture(reader, 0x88),
    others: readOthers(reader, 9),
  };
}
