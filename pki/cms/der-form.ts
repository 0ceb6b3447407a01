/** Nesting and size of what is walked: certificates in a SOD nest some twelve deep. */
const DEPTH_MAX = 32;
const ELEMENTS_MAX = 8192;

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const NULL = 0x05;
const SEQUENCE = 0x10;
const SET = 0x11;

/**
 * Where bytes stop being DER (ISO/IEC 8825-1 §10, §11), undefined where they do not: indefinite or longer than minimal lengths, strings in
 * pieces, BOOLEAN other than 00 and FF, INTEGER not in its shortest form, NULL with content, unused bits that are not zero. Members of a SET
 * OF out of order are the business of whoever knows that it is one. Linear, never recursive.
 *
 * @param isOpaque constructed objects that are somebody else's to judge, by tag and by how many objects they stand in
 */
export function nonDer(bytes: Uint8Array, isOpaque: (tag: number, depth: number) => boolean = () => false): string | undefined {
  const ends: number[] = [bytes.length];
  let at = 0;
  for (let elements = 0; at < bytes.length; elements += 1) {
    while (ends.length > 1 && at === ends.at(-1)) ends.pop();
    const end = ends.at(-1) ?? 0;
    const start = at;
    const bad = (what: string) => `${what} at ${start}`;
    const header = readHeader(bytes, at, end);
    if (typeof header === 'string') return bad(header);
    const { first, content, length } = header;
    const isConstructed = (first & 0x20) !== 0;
    if (elements >= ELEMENTS_MAX || ends.length > DEPTH_MAX) return bad('more than is read');
    if (content + length > end) return bad('length past the end');
    if (!isConstructed) {
      const fault = first < 0x20 ? primitiveFault(first & 0x1f, bytes.subarray(content, content + length)) : undefined;
      if (fault !== undefined) return bad(fault);
      at = content + length;
      continue;
    }
    if (first < 0x40 && (first & 0x1f) !== SEQUENCE && (first & 0x1f) !== SET) return bad('a string in pieces');
    const opaque = isOpaque(first, ends.length - 1);
    if (!opaque) ends.push(content + length);
    at = opaque ? content + length : content;
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

function primitiveFault(tag: number, value: Uint8Array): string | undefined {
  const [first = 0, second = 0] = value;
  switch (tag) {
    case BOOLEAN:
      return value.length === 1 && (first === 0 || first === 0xff) ? undefined : 'BOOLEAN other than 00 and FF';
    case INTEGER: {
      const padded = value.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
      return value.length > 0 && !padded ? undefined : 'INTEGER not in its shortest form';
    }
    case NULL:
      return value.length === 0 ? undefined : 'NULL with content';
    case BIT_STRING: {
      const unused = (value.at(-1) ?? 0) & ((1 << first) - 1);
      return value.length > 0 && first < 8 && (value.length > 1 || first === 0) && unused === 0
        ? undefined
        : 'unused bits that are not zero';
    }
    default:
      return undefined;
  }
}
