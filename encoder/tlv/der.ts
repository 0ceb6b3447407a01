import { type ByteReader, concat, decodeUtf8, utf8 } from '#encoder/bytes';
import { enter, readTlv, tlv } from './tlv.ts';

/** Universal tags of ISO/IEC 8824-1 that the files of a card use. */
export const DER = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** ISO/IEC 8824-1 §41.4, table 10. */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/** An arc has at most five bytes (35 bits) and an identifier at most 32 arcs: no registered one comes near either. */
const ARC_BYTES_MAX = 5;
const ARCS_MAX = 32;
/** RSA moduli of 8192 bits with their sign byte. */
const INTEGER_BYTES_MAX = 1025;

export function derSequence(...members: readonly Uint8Array[]): Uint8Array {
  return tlv(DER.SEQUENCE, ...members);
}

/** The members in the order given. `derSetOf` is the one that sorts. */
export function derSet(...members: readonly Uint8Array[]): Uint8Array {
  return tlv(DER.SET, ...members);
}

/** SET OF in DER: members in ascending order of their encodings (ISO/IEC 8825-1 §11.6). */
export function derSetOf(members: readonly Uint8Array[]): Uint8Array {
  return derSet(...inSetOrder(members));
}

export function inSetOrder(members: readonly Uint8Array[]): readonly Uint8Array[] {
  return members.toSorted((a, b) => Buffer.compare(a, b));
}

/** INTEGER in the fewest bytes, two's complement; negative numbers do not occur in the files of a card. */
export function derInteger(value: number | bigint): Uint8Array {
  const number = BigInt(value);
  if (number < 0n) throw new RangeError('a negative INTEGER');
  const hex = number.toString(16);
  const magnitude = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return tlv(DER.INTEGER, (magnitude[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), magnitude) : magnitude);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function derOid(dotted: string): Uint8Array {
  return tlv(DER.OBJECT_IDENTIFIER, oidBytes(dotted));
}

/** The value of an OBJECT IDENTIFIER without tag and length, as MSE:Set AT carries it (Doc 9303-11 §4.4.4.1). */
export function oidBytes(dotted: string): Uint8Array {
  const arcs = dotted.split('.').map(Number);
  const [first = NaN, second = NaN, ...others] = arcs;
  const valid = /^\d+(\.\d+)+$/.test(dotted) && arcs.every(Number.isSafeInteger) && first <= 2 && (first === 2 || second <= 39);
  if (!valid) throw new RangeError(`not an object identifier: ${dotted}`);
  return concat(...[first * 40 + second, ...others].map(arcBytes));
}

export function derOctetString(value: Uint8Array): Uint8Array {
  return tlv(DER.OCTET_STRING, value);
}

/** BIT STRING of whole bytes. */
export function derBitString(value: Uint8Array): Uint8Array {
  return tlv(DER.BIT_STRING, Uint8Array.of(0), value);
}

export function derNull(): Uint8Array {
  return tlv(DER.NULL);
}

export function derPrintableString(text: string): Uint8Array {
  if (!PRINTABLE.test(text)) throw new RangeError('the text has a character that no PrintableString holds');
  return tlv(DER.PRINTABLE_STRING, utf8(text));
}

export function derUtf8String(text: string): Uint8Array {
  return tlv(DER.UTF8_STRING, utf8(text));
}

/** Reads a non-negative INTEGER in its shortest form. */
export function readInteger(reader: ByteReader): bigint {
  const inner = enter(reader, DER.INTEGER);
  if (inner.remaining === 0) throw inner.error('BYTES_TRUNCATED', undefined, 'an INTEGER without content');
  if (inner.remaining > INTEGER_BYTES_MAX) throw inner.error('BYTES_LIMIT', undefined, `${inner.remaining} bytes`);
  const bytes = inner.rest();
  const [first = 0, second = 0] = bytes;
  if (first >= 0x80) throw inner.error('BYTES_UNEXPECTED', undefined, 'a negative INTEGER');
  if (bytes.length > 1 && first === 0 && second < 0x80) throw inner.error('BYTES_UNEXPECTED', undefined, 'not in its shortest form');
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

/** Reads a version, a counter or an identifier: an INTEGER from 0 to `max`. */
export function readSmallInteger(reader: ByteReader, max = 0x7fffffff): number {
  const value = readInteger(reader);
  if (value > BigInt(max)) throw reader.error('BYTES_LIMIT', 'INTEGER', `more than ${max}`);
  return Number(value);
}

/** Reads an OBJECT IDENTIFIER into its dotted form. */
export function readOid(reader: ByteReader): string {
  return readOidContent(enter(reader, DER.OBJECT_IDENTIFIER));
}

/** The way back from `oidBytes`: the value of an OBJECT IDENTIFIER, read to its end. */
export function readOidContent(inner: ByteReader): string {
  const arcs: number[] = [];
  while (inner.remaining > 0 || arcs.length === 0) {
    if (arcs.length >= ARCS_MAX) throw inner.error('BYTES_LIMIT', undefined, `more than ${ARCS_MAX} arcs`);
    arcs.push(readArc(inner));
  }
  const [joint = 0, ...others] = arcs;
  const first = Math.min(Math.floor(joint / 40), 2);
  return [first, joint - first * 40, ...others].join('.');
}

export function readOctetString(reader: ByteReader): Uint8Array {
  return enter(reader, DER.OCTET_STRING).rest();
}

/** Reads a BIT STRING that must be of whole bytes. */
export function readBitString(reader: ByteReader): ByteReader {
  const inner = enter(reader, DER.BIT_STRING);
  if (inner.uint(1, 'unused bits') !== 0) throw inner.error('BYTES_UNEXPECTED', 'unused bits', 'not of whole bytes');
  return inner;
}

export function readNull(reader: ByteReader): void {
  enter(reader, DER.NULL).end();
}

export function readPrintableString(reader: ByteReader): string {
  const inner = enter(reader, DER.PRINTABLE_STRING);
  const text = Buffer.from(inner.rest()).toString('latin1');
  if (!PRINTABLE.test(text)) throw inner.error('BYTES_UNEXPECTED', undefined, 'a character that no PrintableString holds');
  return text;
}

export function readUtf8String(reader: ByteReader): string {
  const inner = enter(reader, DER.UTF8_STRING);
  return decodeUtf8(inner.rest(), inner.path);
}

/** The next data object with its tag and length, as it stands; the reader moves past it. */
export function readRaw(reader: ByteReader): Uint8Array {
  const { tag, value } = readTlv(reader);
  return tlv(tag, value);
}

function readArc(reader: ByteReader): number {
  let arc = 0;
  for (let size = 1; size <= ARC_BYTES_MAX; size += 1) {
    const byte = reader.uint(1, 'arc');
    if (size === 1 && byte === 0x80) throw reader.error('BYTES_UNEXPECTED', 'arc', 'not in its shortest form');
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) return arc;
  }
  throw reader.error('BYTES_LIMIT', 'arc', `more than ${ARC_BYTES_MAX} bytes`);
}

function arcBytes(arc: number): Uint8Array {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80);
  return Uint8Array.from(bytes);
}
