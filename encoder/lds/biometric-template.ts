import { ByteReader, type DecodeError } from '#encoder/bytes';
import { enter, tlv } from '#encoder/tlv';

/**
 * The nested biometric templates of Doc 9303-10 §4.7.2.1 and §4.7.3.1 (ISO/IEC 7816-11, CBEFF), common to DG2, DG3, DG4:
 *
 * ```
 * 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E biometric data block } × count }
 * ```
 */
export interface BiometricTemplate<T> {
  readonly header: BiometricHeader;
  /** The biometric data block, as its format defines it. */
  readonly record: T;
}

/** Template A1, in the order of Doc 9303-10 table 44; only owner and type are required. */
export interface BiometricHeader {
  /** 80: version of the CBEFF patron header. */
  readonly version?: Uint8Array;
  /** 81: biometric type, one to three bytes. */
  readonly type?: Uint8Array;
  /** 82: biometric sub-type (table 49): right or left, and which finger. */
  readonly subtype?: number;
  /** 83: creation date and time. */
  readonly created?: Uint8Array;
  /** 85: validity period. */
  readonly validity?: Uint8Array;
  /** 86: creator (PID). */
  readonly creator?: Uint8Array;
  /** 87: `0101` is JTC 1/SC 37. */
  readonly formatOwner: number;
  /** 88: `0007`, `0008`, `0009` are ISO/IEC 19794-4, -5, -6; `0028`, `002A`, `002C` are ISO/IEC 39794-4, -5, -6. */
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

/** What may stand in the blocks of one data group. */
export interface TemplateRules<T> {
  /** Templates that the file may have. */
  readonly least: number;
  readonly most: number;
  /** What 81, where it is present, must say: `02` a face, `08` a finger, `10` an iris. */
  readonly biometricType: number;
  /** 82 must be present (tables 47 and 54). */
  readonly subtypeRequired: boolean;
  /** By what 88 says. */
  readonly formats: ReadonlyMap<number, BlockFormat<T>>;
}

export interface BlockFormat<T> {
  /** 7F2E for blocks that are themselves made of data objects, as those of ISO/IEC 39794 are. */
  readonly tag: 0x5f2e | 0x7f2e;
  readonly encode: (record: T) => Uint8Array;
  /** The block must be read to its end; what it says must agree with the header. */
  readonly read: (block: ByteReader, header: BiometricHeader) => T;
}

/** ISO/IEC JTC 1/SC 37, the only owner whose formats Doc 9303-10 §4.7 names. */
export const JTC1_SC37 = 0x0101;

export function encodeTemplates<T>(templates: readonly BiometricTemplate<T>[], rules: TemplateRules<T>): Uint8Array {
  if (templates.length < rules.least || templates.length > rules.most) throw new RangeError(`${rules.least} to ${rules.most} templates`);
  const members = templates.map(({ header, record }) => {
    const format = rules.formats.get(header.formatType);
    const wrong = format === undefined ? 'format type' : contradiction(header, rules);
    if (format === undefined || wrong !== undefined) throw new RangeError(`the header has a wrong ${wrong}`);
    return tlv(0x7f60, encodeHeader(header), tlv(format.tag, format.encode(record)));
  });
  return tlv(0x7f61, tlv(0x02, Uint8Array.of(templates.length)), ...members);
}

/** Reads the group 7F61 to its end. */
export function readTemplates<T>(reader: ByteReader, rules: TemplateRules<T>): readonly BiometricTemplate<T>[] {
  const group = enter(reader, 0x7f61);
  const counter = enter(group, 0x02);
  const count = counter.uint(1, 'count');
  counter.end();
  if (count < rules.least || count > rules.most) throw counter.error('BYTES_LIMIT', 'count', `${count} templates`);
  const templates = Array.from({ length: count }, (_, at) => readTemplate(numbered(enter(group, 0x7f60), at + 1), rules));
  group.end();
  return templates;
}

/** The same bytes under a path that tells templates apart: `7F60[2]`. */
function numbered(reader: ByteReader, number: number): ByteReader {
  const { path, offset } = reader;
  return new ByteReader(reader.rest(), `${path}[${number}]`, offset);
}

function readTemplate<T>(template: ByteReader, rules: TemplateRules<T>): BiometricTemplate<T> {
  const headerReader = enter(template, 0xa1);
  const header = readHeader(headerReader);
  const wrong = contradiction(header, rules);
  if (wrong !== undefined) throw headerReader.error('BYTES_UNEXPECTED', undefined, `a wrong ${wrong}`);
  const format = rules.formats.get(header.formatType);
  if (format === undefined) throw headerReader.error('BYTES_UNEXPECTED', '88', 'not a format of this data group');
  const block = enter(template, format.tag);
  template.end();
  const record = format.read(block, header);
  block.end();
  return { header, record };
}

/** The element of the header that cannot stand in this data group. */
function contradiction<T>(header: BiometricHeader, rules: TemplateRules<T>): string | undefined {
  if (header.formatOwner !== JTC1_SC37) return 'format owner';
  const type = header.type?.reduce((value, byte) => value * 256 + byte, 0);
  if (type !== undefined && type !== rules.biometricType) return 'biometric type';
  if (rules.subtypeRequired && header.subtype === undefined) return 'biometric sub-type';
  return undefined;
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
