/** Nesting and size of what is walked: certificates in a SOD nest some twelve deep. */
const DEPTH_MAX = 32;
const ELEMENTS_MAX = 8192;

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const NULL = 0x05;
const SEQUENCE = 0x30;
const SET = 0x31;
const CONSTRUCTED = 0x20;

/**
 * Where bytes stop being DER (ISO/IEC 8825-1 §10, §11), undefined where they do not: indefinite or longer than minimal lengths, strings in
 * pieces, BOOLEAN other than 00 and FF, INTEGER not in its shortest form, NULL with content, unused bits that are not zero. Members of a SET
 * OF out of order are the business of whoever knows that it is one. Linear, never recursive. (`isDer` of `#pki/x509` judges a certificate whole, order and
 * all; in a SOD of another State some of that can be borne.)
 *
 * @param isOpaque constructed objects that are somebody else's to judge, by tag and by how many objects they stand in
 */
export function nonDer(bytes: Uint8Array, isOpaque: (tag: number, depth: number) => boolean = () => false): string | undefined {
  const ends: number[] = [bytes.length];
  let at = 0;
  for (let elements = 0; at < bytes.length; elements += 1) {
    while (ends.length > 1 && at === ends.at(-1)) ends.pop();
    const end = ends.at(-1) ?? 0;
    const header = readHeader(bytes, at, end);
    if (typeof header === 'string') return `${header} at ${at}`;
    const { first, content, length } = header;
    const next = content + length;
    if (elements >= ELEMENTS_MAX || ends.length > DEPTH_MAX) return `more than is read at ${at}`;
    if (next > end) return `length past the end at ${at}`;
    const fault = first < 0x40 ? universalFault(first, bytes, content, length) : undefined;
    if (fault !== undefined) return `${fault} at ${at}`;
    const entered = (first & CONSTRUCTED) !== 0 && !isOpaque(first, ends.length - 1);
    if (entered) ends.push(next);
    at = entered ? content : next;
  }
  return undefined;
}

interface Header {
  readonly first: number;
  readonly content: number;
  readonly length: number;
}

/** Tag of one byte (no structure walked here has another) and definite, minimal length. */
function readHeader(bytes: Uint8Array, at: number, end: number): Header | string {
  const first = bytes[at] ?? 0;
  const short = bytes[at + 1];
  if ((first & 0x1f) === 0x1f) return 'a tag of several bytes';
  if (short === undefined || at + 2 > end) return 'truncated';
  if (short < 0x80) return { first, content: at + 2, length: short };
  const size = short & 0x7f;
  if (size === 0) return 'indefinite length';
  if (size > 3 || at + 2 + size > end) return 'a length that is not read';
  const length = bytes.subarray(at + 2, at + 2 + size).reduce((value, byte) => value * 256 + byte, 0);
  if (length < 0x80 || (size > 1 && length < 2 ** (8 * (size - 1)))) return 'length not in its shortest form';
  return { first, content: at + 2 + size, length };
}

/** Of a universal type, whose content is `length` bytes from `at` on. */
function universalFault(tag: number, bytes: Uint8Array, at: number, length: number): string | undefined {
  const first = length > 0 ? (bytes[at] ?? 0) : 0;
  const second = length > 1 ? (bytes[at + 1] ?? 0) : 0;
  switch (tag) {
    case BOOLEAN:
      return length === 1 && (first === 0 || first === 0xff) ? undefined : 'BOOLEAN other than 00 and FF';
    case INTEGER: {
      const padded = length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
      return length > 0 && !padded ? undefined : 'INTEGER not in its shortest form';
    }
    case NULL:
      return length === 0 ? undefined : 'NULL with content';
    case BIT_STRING: {
      const unused = (bytes[at + length - 1] ?? 0) & ((1 << first) - 1);
      const sound = length > 0 && first < 8 && (length > 1 || first === 0) && unused === 0;
      return sound ? undefined : 'unused bits that are not zero';
    }
    default:
      return (tag & CONSTRUCTED) === 0 || tag === SEQUENCE || tag === SET ? undefined : 'a string in pieces';
  }
}
