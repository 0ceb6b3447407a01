import { type ByteReader, concat, uintBE } from '#encoder/bytes';
import { readConstant, readRecordFormat, recordFormat } from '../record-format.ts';

/**
 * A finger image record of ISO/IEC 19794-4:2005, the block that DG3 holds: 32 bytes on the capture, 14 bytes on the
 * finger, and the image. The standard has room for more fingers and views; Doc 9303-10 §4.7.3.2.3 wants exactly one image.
 */
export interface FingerRecord {
  /** §7.1.4: vendor's number; 0 is unspecified. */
  readonly captureDevice: number;
  /** §7.1.5, table 1: 31 is 500 pixels an inch with 8 bits a pixel. */
  readonly acquisitionLevel: number;
  /** §7.1.7: 1 pixels an inch, 2 pixels a centimetre. */
  readonly scaleUnits: number;
  readonly scanResolution: Resolution;
  readonly imageResolution: Resolution;
  /** Bits a pixel, 1 to 16. */
  readonly pixelDepth: number;
  /** §7.1.13, table 3. */
  readonly compression: FingerCompression;
  /** §7.2.2, table 5: 1 to 5 right thumb to right little finger, 6 to 10 the same of the left hand, 0 unknown. */
  readonly position: number;
  /** §7.2.5: 0 to 100; 254 is not known. */
  readonly quality: number;
  /** §7.2.6, table 7: 0 live-scan plain. */
  readonly impressionType: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Resolution {
  readonly horizontal: number;
  readonly vertical: number;
}

/** Table 3 of ISO/IEC 19794-4:2005 in the order of its codes, 0 to 5. */
const COMPRESSIONS = ['raw', 'packed', 'WSQ', 'JPEG', 'JPEG 2000', 'PNG'] as const;
export type FingerCompression = (typeof COMPRESSIONS)[number];

const GENERAL_HEADER = 32;
const FINGER_HEADER = 14;
/** Positions beyond are of palms and of several fingers at once, which are no single fingerprint. */
export const FINGER_POSITION_MAX = 10;

export function encodeFingerRecord(record: FingerRecord): Uint8Array {
  if (record.position > FINGER_POSITION_MAX) throw new RangeError('not the position of a single finger');
  if (record.data.length === 0) throw new RangeError('a finger without an image');
  const blockLength = FINGER_HEADER + record.data.length;
  return concat(
    recordFormat('FIR'),
    uintBE(GENERAL_HEADER + blockLength, 6),
    uintBE(record.captureDevice, 2),
    uintBE(record.acquisitionLevel, 2),
    uintBE(1, 1),
    uintBE(record.scaleUnits, 1),
    resolutionBytes(record.scanResolution),
    resolutionBytes(record.imageResolution),
    uintBE(record.pixelDepth, 1),
    uintBE(COMPRESSIONS.indexOf(record.compression), 1),
    uintBE(0, 2),
    uintBE(blockLength, 4),
    uintBE(record.position, 1),
    uintBE(1, 1),
    uintBE(1, 1),
    uintBE(record.quality, 1),
    uintBE(record.impressionType, 1),
    uintBE(record.width, 2),
    uintBE(record.height, 2),
    uintBE(0, 1),
    record.data,
  );
}

export function readFingerRecord(reader: ByteReader): FingerRecord {
  const length = reader.remaining;
  readRecordFormat(reader, 'FIR');
  readConstant(reader, length, 6, 'record length');
  const captureDevice = reader.uint(2, 'capture device');
  const acquisitionLevel = reader.uint(2, 'acquisition level');
  readConstant(reader, 1, 1, 'number of fingers');
  const scaleUnits = reader.uint(1, 'scale units');
  const scanResolution = readResolution(reader, 'scan resolution');
  const imageResolution = readResolution(reader, 'image resolution');
  const pixelDepth = reader.uint(1, 'pixel depth');
  const compression = COMPRESSIONS[reader.uint(1, 'compression')];
  if (compression === undefined) throw reader.error('BYTES_UNEXPECTED', 'compression');
  readConstant(reader, 0, 2, 'reserved');
  return {
    captureDevice,
    acquisitionLevel,
    scaleUnits,
    scanResolution,
    imageResolution,
    pixelDepth,
    compression,
    ...readFinger(reader),
  };
}

function readFinger(reader: ByteReader): Pick<FingerRecord, 'position' | 'quality' | 'impressionType' | 'width' | 'height' | 'data'> {
  readConstant(reader, reader.remaining, 4, 'finger length');
  const position = reader.uint(1, 'position');
  if (position > FINGER_POSITION_MAX) throw reader.error('BYTES_UNEXPECTED', 'position', `${position} is no single finger`);
  readConstant(reader, 1, 1, 'number of views');
  readConstant(reader, 1, 1, 'view number');
  const quality = reader.uint(1, 'quality');
  const impressionType = reader.uint(1, 'impression type');
  const width = reader.uint(2, 'width');
  const height = reader.uint(2, 'height');
  readConstant(reader, 0, 1, 'reserved');
  if (reader.remaining === 0) throw reader.error('BYTES_TRUNCATED', 'image');
  return { position, quality, impressionType, width, height, data: reader.rest() };
}

function resolutionBytes({ horizontal, vertical }: Resolution): Uint8Array {
  return concat(uintBE(horizontal, 2), uintBE(vertical, 2));
}

function readResolution(reader: ByteReader, field: string): Resolution {
  return { horizontal: reader.uint(2, field), vertical: reader.uint(2, field) };
}
