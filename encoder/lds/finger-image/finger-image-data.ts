import type { ByteReader } from '#encoder/bytes';
import { enter } from '#encoder/tlv';
import type { DataObject } from '../elementary-file.ts';
import { code, encodeDataBlock, readCode, readDataBlock, readOthers, readPicture, type Versioned } from '../iso-39794.ts';
import { FINGER_POSITION_MAX } from './finger-record.ts';

/** FingerImageDataBlock of ISO/IEC 39794-4:2019 in DER: the data block 7F2E of DG3, of one finger (Doc 9303-10 §4.7.3.2.3). */
export interface FingerImageData extends Versioned {
  /** 1 to 5 right thumb to right little finger, 6 to 10 the same of the left hand, 0 unknown. */
  readonly position: number;
  /** 0 plain contact, 1 rolled contact. */
  readonly impression: number;
  /** 0 PGM, 1 WSQ, 2 and 3 JPEG 2000 that lost something or nothing, 4 PNG. */
  readonly dataFormat: number;
  readonly data: Uint8Array;
  /** Members from captureDateTimeBlock [4] on, as they stand, with their context tags. */
  readonly others: readonly DataObject[];
}

export function encodeFingerImageData({ version, position, impression, dataFormat, data, others }: FingerImageData): Uint8Array {
  if (position > FINGER_POSITION_MAX) throw new RangeError('not the position of a single finger');
  const members = [code(0xa0, position), code(0xa1, impression), code(0xa2, dataFormat), { tag: 0x83, value: data }];
  return encodeDataBlock(0x64, version, [...members, ...others]);
}

export function readFingerImageData(reader: ByteReader): FingerImageData {
  const { version, representation } = readDataBlock(reader, 0x64, readRepresentation);
  return { version, ...representation };
}

function readRepresentation(reader: ByteReader): Omit<FingerImageData, 'version'> {
  const position = readCode(enter(reader, 0xa0));
  if (position > FINGER_POSITION_MAX) throw reader.error('BYTES_UNEXPECTED', 'position', `${position} is no single finger`);
  const impression = readCode(enter(reader, 0xa1));
  const dataFormat = readCode(enter(reader, 0xa2));
  const data = readPicture(reader, 0x83);
  return { position, impression, dataFormat, data, others: readOthers(reader, 4) };
}
