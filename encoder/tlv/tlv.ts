import { ByteReader, concat, uintBE, DecodeError } from '#encoder/bytes';

/** A data object: its tag as a number (0x7F61, 0x5F2E, 0x30) and its value. */
export interface Tlv {
  readonly tag: number;
  readonly value: Uint8Array;
  /** Offset of the value within the file that was decoded; absent on data objects that were built. */
  readonly offset?: number;
}

/**
 * Limits on what comes from outside. Doc 9303 files nest five deep (DG2: 75/7F61/7F60/A1/81); an LDS file is at most
 * 64 KiB on any chip; the widest list a chip sends is EF.CVCA or a DG16 with a hundred persons.
 */
const ELEMENTS_MAX = 4096;
const TAG_BYTES_MAX = 3;

export function encodeTag(tag: number): Uint8Array {
  if (tag <= 0xff) return uintBE(tag, 1);
  return tag <= 0xffff ? uintBE(tag, 2) : uintBE(tag, 3);
}

/** Definite length in the fewest bytes (ISO/IEC 8825-1 §10.1, DER). */
export function encodeLength(length: number): Uint8Array {
  if (length < 0x80) return uintBE(length, 1);
  if (length <= 0xff) return concat(uintBE(0x81, 1), uintBE(length, 1));
  if (length <= 0xffff) return concat(uintBE(0x82, 1), uintBE(length, 2));
  return concat(uintBE(0x83, 1), uintBE(length, 3));
}

/** One data object; a constructed one takes its members already encoded. */
export function tlv(tag: number, ...members: readonly Uint8Array[]): Uint8Array {
  const value = concat(...members);
  return concat(encodeTag(tag), encodeLength(value.length), value);
}

/** Reads one data object: tag of up to three bytes, definite and minimal length. */
export function readTlv(reader: ByteReader): Tlv {
  const tag = readTag(reader);
  const length = readLength(reader);
  if (length > reader.remaining) {
    throw reader.error('BYTES_TRUNCATED', tagName(tag), `length ${length}, ${reader.remaining} bytes left`);
  }
  const offset = reader.offset;
  return { tag, value: reader.take(length), offset };
}

/** Reads all data objects to the end. Nothing is interpreted: the caller descends where it knows the tag is constructed. */
export function readTlvs(reader: ByteReader): readonly Tlv[] {
  const elements: Tlv[] = [];
  while (reader.remaining > 0) {
    if (elements.length >= ELEMENTS_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${ELEMENTS_MAX} data objects`);
    elements.push(readTlv(reader));
  }
  return elements;
}

export function decodeTlvs(bytes: Uint8Array, path: string, base = 0): readonly Tlv[] {
  return readTlvs(new ByteReader(bytes, path, base));
}

/** The one data object that the bytes are, with the tag that it must have and nothing after it. */
export function decodeOnly(bytes: Uint8Array, tag: number, path: string): ByteReader {
  const reader = new ByteReader(bytes, path);
  const inner = enter(reader, tag);
  reader.end();
  return inner;
}

/** Reads the next data object, which must have this tag, and returns a reader over its value. */
export function enter(reader: ByteReader, tag: number): ByteReader {
  const at = reader.offset;
  const found = readTlv(reader);
  if (found.tag !== tag) {
    throw new DecodeError(
      'BYTES_UNEXPECTED',
      { path: `${reader.path}/${tagName(tag)}`, offset: at },
      { detail: `tag ${tagName(tag)} expected, ${tagName(found.tag)} found` },
    );
  }
  return new ByteReader(found.value, `${reader.path}/${tagName(tag)}`, found.offset ?? 0);
}

export function tagName(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(2, '0');
}

function readTag(reader: ByteReader): number {
  const first = reader.uint(1, 'tag');
  if ((first & 0x1f) !== 0x1f) return first;
  let tag = first;
  for (let size = 2; size <= TAG_BYTES_MAX; size += 1) {
    const next = reader.uint(1, 'tag');
    tag = tag * 256 + next;
    if ((next & 0x80) === 0) return tag;
  }
  throw reader.error('BYTES_LIMIT', 'tag', `a tag of more than ${TAG_BYTES_MAX} bytes`);
}

function readLength(reader: ByteReader): number {
  const first = reader.uint(1, 'length');
  if (first < 0x80) return first;
  const size = first & 0x7f;
  if (size === 0) throw reader.error('BYTES_UNEXPECTED', 'length', 'indefinite length');
  if (size > 3) throw reader.error('BYTES_LIMIT', 'length', `a length of ${size} bytes`);
  const length = reader.uint(size, 'length');
  const minimal = length >= 0x80 && (size === 1 || length >= 2 ** (8 * (size - 1)));
  if (!minimal) throw reader.error('BYTES_UNEXPECTED', 'length', 'length not in its shortest form');
  return length;
}
