import { ByteReader, isCodedError } from '#encoder/bytes';
import { DER, readTlvs, type Tlv } from '#encoder/tlv';

/** Certificates nest nine deep; deeper is an attack on the stack. */
const DEPTH_MAX = 24;
const CONSTRUCTED = 0x20;
const CLASS = 0xc0;

/**
 * Whether the bytes are one data object in the distinguished encoding (ISO/IEC 8825-1 §10 and §11): definite minimal lengths, the two BOOLEANs, shortest
 * INTEGERs and arcs, no unused bit that is set, no string in pieces, SET OF in order. It knows no type but the universal ones.
 */
export function isDer(der: Uint8Array): boolean {
  try {
    const elements = readTlvs(new ByteReader(der, 'der'));
    return elements.length === 1 && elements.every((element) => holds(element, 0));
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}

function holds({ tag, value }: Tlv, depth: number): boolean {
  if (depth > DEPTH_MAX) return false;
  if (tag > 0xff) return true;
  const universal = (tag & CLASS) === 0;
  if ((tag & CONSTRUCTED) === 0) return !universal || primitiveHolds(tag, value);
  if (universal && tag !== DER.SEQUENCE && tag !== DER.SET) return false;
  return (tag !== DER.SET || isSorted(value)) && readTlvs(new ByteReader(value, 'der')).every((member) => holds(member, depth + 1));
}

function primitiveHolds(tag: number, value: Uint8Array): boolean {
  const [first = 0, second = 0] = value;
  switch (tag) {
    case DER.BOOLEAN:
      return value.length === 1 && (first === 0 || first === 0xff);
    case DER.INTEGER:
      return value.length > 0 && (value.length === 1 || !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)));
    case DER.BIT_STRING:
      return value.length === 1 ? first === 0 : first <= 7 && ((value.at(-1) ?? 0) & ((1 << first) - 1)) === 0 && value.length > 0;
    case DER.NULL:
      return value.length === 0;
    case DER.OBJECT_IDENTIFIER:
      return value.length > 0 && (value.at(-1) ?? 0x80) < 0x80 && value.every((byte, at) => byte !== 0x80 || (value[at - 1] ?? 0) >= 0x80);
    default:
      return tag !== (DER.SEQUENCE & ~CONSTRUCTED) && tag !== (DER.SET & ~CONSTRUCTED);
  }
}

/** The members as they lie, tag and length included (§11.6). */
function isSorted(value: Uint8Array): boolean {
  let start = 0;
  let previous = new Uint8Array();
  for (const { value: content, offset = 0 } of readTlvs(new ByteReader(value, 'der'))) {
    const member = value.subarray(start, offset + content.length);
    if (Buffer.compare(previous, member) > 0) return false;
    [start, previous] = [offset + content.length, Uint8Array.from(member)];
  }
  return true;
}
