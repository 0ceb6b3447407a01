import { type ByteReader, type DecodeError } from '#encoder/bytes';
import { enter, tlv } from '#encoder/tlv';

/**
 * The nested biometric templates of Doc 9303-10 §4.7.2.1 and §4.7.3.1 (ISO/IEC 7816-11, CBEFF), common to DG2, DG3, DG4:
 *
 * ```
 * 7F61 { 02 count, 7F60 { A1 header, 5F2E biometric data block } × count }
 * ```
 */
export interface BiometricTemplate {
  readonly header: BiometricHeader;
  /** 7F2E when the block is itself made of data objects, as those of ISO/IEC 39794 are; else 5F2E. */
  readonly dataTag: BiometricDataTag;
  readonly data: Uint8Array;
}

export type BiometricDataTag = 0x5f2e | 0x7f2e;

/** Template A1, in the order of Doc 9303-10 table 44; only owner and type are required. */
export interface BiometricHeader {
  /** 80: version of the CBEFF patron header. */
  readonly version?: Uint8Array;
  /** 81: biometric type, one to three bytes; `02` is a face, `08` a finger. */
  readonly type?: Uint8Array;
  /** 82: biometric sub-type. */
  readonly subtype?: number;
  /** 83: creation date and time. */
  readonly created?: Uint8Array;
  /** 85: validity period. */
  readonly validity?: Uint8Array;
  /** 86: creator (PID). */
  readonly creator?: Uint8Array;
  /** 87: `0101` is JTC 1/SC 37. */
  readonly formatOwner: number;
  /** 88: `0008` is ISO/IEC 19794-5. */
  readonly formatType: number;
}

const OPTIONAL = [
  ['version', 0x80, 2, 2],
  ['type', 0x81, 1, 3],
  ['subtype', 0x82, 1, 1],
  ['created', 0x83, 7, 7],
  ['validity', 0x85, 8, 8],
  ['creator', 0x86, 4, 4],
] as const;

export function encodeTemplates(templates: readonly BiometricTemplate[]): Uint8Array {
  const members = templates.map(({ header, data }) => tlv(0x7f60, encodeHeader(header), tlv(0x5f2e, data)));
  return tlv(0x7f61, tlv(0x02, Uint8Array.of(templates.length)), ...members);
}

/** Reads the group; `map` turns each data block into the value that it holds, with a reader that knows where it stands. */
export function readTemplates<T>(
  reader: ByteReader,
  limits: { readonly least: number; readonly most: number },
  map: (header: BiometricHeader, data: ByteReader) => T,
): readonly T[] {
  const group = enter(reader, 0x7f61);
  const counter = enter(group, 0x02);
  const count = counter.uint(1, 'count');
  counter.end();
  if (count < limits.least || count > limits.most) throw counter.error('BYTES_LIMIT', 'count', `${count} templates`);
  const values = Array.from({ length: count }, () => {
    const template = enter(group, 0x7f60);
    const header = readHeader(enter(template, 0xa1));
    const data = enter(template, 0x5f2e);
    template.end();
    return map(header, data);
  });
  group.end();
  return values;
}

function encodeHeader(header: BiometricHeader): Uint8Array {
  const optional = OPTIONAL.flatMap(([name, tag]) => {
    const value = header[name];
    if (value === undefined) return [];
    return [tlv(tag, typeof value === 'number' ? Uint8Array.of(value) : value)];
  });
  return tlv(0xa1, ...optional, tlv(0x87, twoBytes(header.formatOwner)), tlv(0x88, twoBytes(header.formatType)));
}

function readHeader(reader: ByteReader): BiometricHeader {
  const found: Record<string, Uint8Array | number> = {};
  for (const [name, tag, least, most] of OPTIONAL) {
    if (reader.peek() !== tag) continue;
    const value = enter(reader, tag);
    if (value.remaining < least || value.remaining > most) throw lengthError(value);
    found[name] = name === 'subtype' ? value.uint(1) : value.rest();
  }
  const formatOwner = twoByteInteger(reader, 0x87);
  const formatType = twoByteInteger(reader, 0x88);
  reader.end();
  return { ...found, formatOwner, formatType };
}

function twoByteInteger(reader: ByteReader, tag: number): number {
  const value = enter(reader, tag);
  if (value.remaining !== 2) throw lengthError(value);
  return value.uint(2);
}

function lengthError(reader: ByteReader): DecodeError {
  return reader.error('BYTES_UNEXPECTED', undefined, `a length of ${reader.remaining}`);
}

function twoBytes(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
