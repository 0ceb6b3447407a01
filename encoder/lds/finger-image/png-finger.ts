import { DecodeError } from '#encoder/bytes';
import { readPngHeader } from '../png.ts';
import type { FingerRecord } from './finger-record.ts';

/** ISO/IEC 19794-4:2005 table 1, setting level 31: 500 pixels an inch, scanned and stored, grey of 8 bits. */
const LEVEL_31 = {
  acquisitionLevel: 31,
  scaleUnits: 1,
  scanResolution: { horizontal: 500, vertical: 500 },
  imageResolution: { horizontal: 500, vertical: 500 },
} as const;
const PIXEL_DEPTH = 8;
/** Fields of two bytes hold the size. */
const PIXELS_MAX = 0xffff;
/** §7.2.5: no quality was reported. */
const QUALITY_UNKNOWN = 254;

/** The record of one live-scanned finger whose image is this PNG file, byte for byte: nothing is compressed again. */
export function fingerRecordOf(position: number, png: Uint8Array, path: string): FingerRecord {
  const { width, height, bitDepth, colourType } = readPngHeader(png, path);
  if (colourType !== 0 || bitDepth !== PIXEL_DEPTH)
    throw new DecodeError('BYTES_UNEXPECTED', { path, offset: 0 }, { detail: 'not grey with 8 bits a pixel' });
  if (Math.min(width, height) === 0 || Math.max(width, height) > PIXELS_MAX)
    throw new DecodeError('BYTES_LIMIT', { path, offset: 0 }, { detail: `${width} by ${height} pixels` });
  return {
    captureDevice: 0,
    ...LEVEL_31,
    pixelDepth: bitDepth,
    compression: 'PNG',
    position,
    quality: QUALITY_UNKNOWN,
    impressionType: 0,
    width,
    height,
    data: png,
  };
}
