import { type ByteReader, concat } from '#encoder/bytes';
import { DER, derInteger, derSequence, enter, tagName, tlv } from '#encoder/tlv';
import type { DataObject } from './elementary-file.ts';

/**
 * What the data blocks of ISO/IEC 39794 in DER have in common, as DG2, DG3 and DG4 hold them (Doc 9303-10 §4.5.6). The
 * application profiles for eMRTDs allow one representation a block.
 *
 * ```
 * 7F2E { A1 { 64, 65 or 66 { A0 { 80 generation, 81 year }, A1 { 30 { members with context tags } } } } }
 * ```
 */
export interface Versioned {
  readonly version: { readonly generation: number; readonly year: number };
}

/** The first editions of parts 4 and 5. */
export const VERSION_2019: Versioned['version'] = { generation: 3, year: 2019 };

/** Doc 9303-10 §4.5.6, table 3: 64 finger, 65 face, 66 iris. */
export type DataBlockTag = 0x64 | 0x65 | 0x66;

const NUMBER_MAX = 0x7fffffff;
/** Context tags of one byte: numbers 0 to 30. */
const TAG_NUMBER = 0x1f;

export function encodeDataBlock(tag: DataBlockTag, { generation, year }: Versioned['version'], members: readonly DataObject[]): Uint8Array {
  const version = block([integer(0x80, generation), integer(0x81, year)]);
  return tlv(0xa1, tlv(tag, tlv(0xa0, version), tlv(0xa1, derSequence(block(members)))));
}

/** Reads the version, and the representation with `read`, which must read it to its end. */
export function readDataBlock<T>(
  reader: ByteReader,
  tag: DataBlockTag,
  read: (representation: ByteReader) => T,
): { readonly version: Versioned['version']; readonly representation: T } {
  const standardized = enter(reader, 0xa1);
  const data = enter(standardized, tag);
  standardized.end();
  const version = enter(data, 0xa0);
  const generation = readNumber(version, 0x80);
  const year = readNumber(version, 0x81);
  version.end();
  const representations = enter(data, 0xa1);
  data.end();
  const representation = read(enter(representations, DER.SEQUENCE));
  representations.end();
  return { version: { generation, year }, representation };
}

/** The record, if it is one of ISO/IEC 19794: what a header with such a format must announce. */
export function firstGeneration<R extends object>(record: R): Exclude<R, Versioned> {
  if ('version' in record) throw new RangeError('the header announces ISO/IEC 19794, the record is another');
  return record as Exclude<R, Versioned>;
}

/** The record, if it is one of ISO/IEC 39794. */
export function thirdGeneration<R extends object>(record: R): Extract<R, Versioned> {
  if (!('version' in record)) throw new RangeError('the header announces ISO/IEC 39794, the record is another');
  return record as Extract<R, Versioned>;
}

/** The members of a SEQUENCE with implicit context tags, which stand in the order of their numbers, each once. */
export function block(members: readonly DataObject[]): Uint8Array {
  const ordered = members.toSorted((a, b) => tagNumber(a.tag) - tagNumber(b.tag));
  const numbers = new Set(ordered.map(({ tag }) => tagNumber(tag)));
  if (numbers.size < members.length || !members.every(({ tag }) => isContextTag(tag))) {
    throw new RangeError('members need context tags, each its own');
  }
  return concat(...ordered.map(({ tag, value }) => tlv(tag, value)));
}

/** INTEGER or ENUMERATED under an implicit tag. */
export function integer(tag: number, value: number): DataObject {
  // What is left of an INTEGER is its content, behind one byte of tag and one of length.
  return { tag, value: derInteger(value).subarray(2) };
}

/** Not negative, in the fewest bytes, and no more than four of them. */
export function readNumber(reader: ByteReader, tag: number): number {
  const content = enter(reader, tag);
  const [first = 0, second = 0] = [content.peek(), content.peek(1)];
  const size = content.remaining;
  if (size === 0) throw content.error('BYTES_TRUNCATED', undefined, 'a number without content');
  if (first >= 0x80 || (size > 1 && first === 0 && second < 0x80)) {
    throw content.error('BYTES_UNEXPECTED', undefined, 'negative, or not in its shortest form');
  }
  const value = size > 5 ? Infinity : content.uint(size);
  if (value > NUMBER_MAX) throw content.error('BYTES_LIMIT', undefined, `more than ${NUMBER_MAX}`);
  return value;
}

/** CHOICE { code [0] ENUMERATED, extensionBlock [1] }: a value of the first edition is a code. */
export function code(tag: number, value: number): DataObject {
  return { tag, value: block([integer(0x80, value)]) };
}

/** Reads the inside of such a choice. */
export function readCode(reader: ByteReader): number {
  const value = readNumber(reader, 0x80);
  reader.end();
  return value;
}

/** Walks the members that are left in a block: context tags in ascending order, the first of them at least `least`. */
export function readMembers(reader: ByteReader, least: number, read: (tag: number, member: ByteReader) => void): void {
  let next = least;
  for (let tag = reader.peek(); tag !== undefined; tag = reader.peek()) {
    if (!isContextTag(tag) || tagNumber(tag) < next) throw reader.error('BYTES_UNEXPECTED', undefined, `tag ${tagName(tag)} out of place`);
    next = tagNumber(tag) + 1;
    read(tag, enter(reader, tag));
  }
}

/** The members that are left, as they stand. */
export function readOthers(reader: ByteReader, least: number): readonly DataObject[] {
  const others: DataObject[] = [];
  readMembers(reader, least, (tag, member) => others.push({ tag, value: member.rest() }));
  return others;
}

/** The file of a picture: an OCTET STRING that is not empty. */
export function readPicture(reader: ByteReader, tag: number): Uint8Array {
  const picture = enter(reader, tag);
  if (picture.remaining === 0) throw picture.error('BYTES_TRUNCATED', undefined, 'no picture');
  return picture.rest();
}

function isContextTag(tag: number): boolean {
  return tag >= 0x80 && tag <= 0xbf && tagNumber(tag) < TAG_NUMBER;
}

function tagNumber(tag: number): number {
  return tag & TAG_NUMBER;
}
