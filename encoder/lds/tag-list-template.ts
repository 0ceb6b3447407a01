import { ascii, type ByteReader, concat, DecodeError, decodeUtf8, uintBE, utf8 } from '#encoder/bytes';
import { decodeOnly, enter, tlv } from '#encoder/tlv';

/**
 * The form that DG11 and DG12 share (Doc 9303-10 tables 71 and 73): a tag list that names what follows, then the data
 * objects in the order of the list.
 *
 * ```
 * 6B { 5C tag list, data objects … }      several names: A0 { 02 count, 5F0F name × count }
 * ```
 *
 * Each data group says with one table which elements it has.
 */
export type TemplateRows = Readonly<Record<string, TemplateRow>>;

export type TemplateRow =
  | { readonly tag: number; readonly kind: 'text' | 'image' | 'names' }
  /** `count` decimal digits. */
  | { readonly tag: number; readonly kind: 'digits'; readonly count: number };

export type TemplateContent =
  | { readonly kind: 'text'; readonly text: string }
  /** Dates are digits, not days: what is unknown stands as zeros. BCD is what old documents hold (Doc 9303-10 §4.7.12). */
  | { readonly kind: 'digits'; readonly digits: string; readonly coding: 'ascii' | 'bcd' }
  /** The file of a picture as it stands. */
  | { readonly kind: 'image'; readonly data: Uint8Array }
  /**
   * `group` is the form of the tables, listed by the tag of a name. Cards also hold the group listed as `A0`
   * (`group-listed-as-a0`), and one name without any group (`bare`).
   */
  | { readonly kind: 'names'; readonly form: 'group' | 'group-listed-as-a0' | 'bare'; readonly names: readonly string[] };

/** The elements of one such data group, each with the content that its row calls for. */
export type TemplateElement<Rows extends TemplateRows> = {
  [Name in keyof Rows]: { readonly name: Name } & Extract<TemplateContent, { kind: Rows[Name]['kind'] }>;
}[keyof Rows];

const TAG_LIST = 0x5c;
const GROUP = 0xa0;
const COUNT = 0x02;
/** The tables say 99 bytes for most texts and 999 for the longest; full addresses in UTF-8 exceed 99 bytes and are on real cards. */
const TEXT_BYTES_MAX = 999;
/** The count is an INTEGER of one byte, and a positive one. */
const NAMES_MAX = 127;

/** Each element once, in the order in which they are to stand. Throws `RangeError` for a value that no file can hold. */
export function encodeTagListTemplate<Rows extends TemplateRows>(
  tag: number,
  rows: Rows,
  elements: readonly TemplateElement<Rows>[],
): Uint8Array {
  if (new Set(elements.map(({ name }) => name)).size !== elements.length) throw new RangeError('an element stands twice');
  const coded = elements.map((element) => encodeElement(rowOf(rows, element.name), element as TemplateContent));
  const list = concat(...coded.map(({ listed }) => listed));
  return tlv(tag, tlv(TAG_LIST, list), ...coded.map(({ object }) => object));
}

export function decodeTagListTemplate<Rows extends TemplateRows>(
  bytes: Uint8Array,
  tag: number,
  path: string,
  rows: Rows,
): readonly TemplateElement<Rows>[] {
  const outer = decodeOnly(bytes, tag, path);
  const list = enter(outer, TAG_LIST);
  const elements: ({ readonly name: string } & TemplateContent)[] = [];
  while (list.remaining > 0) {
    const { name, row, asGroup } = readListed(list, rows);
    if (elements.some((element) => element.name === name)) throw list.error('BYTES_UNEXPECTED', name, 'listed twice');
    elements.push({ name, ...readContent(outer, row, asGroup) });
  }
  outer.end();
  return elements as unknown as readonly TemplateElement<Rows>[];
}

/** Text in strict UTF-8, of at most 999 bytes; it names the offset of a text that is not. */
export function readText(reader: ByteReader): string {
  const { offset, path, remaining } = reader;
  if (remaining > TEXT_BYTES_MAX) throw reader.error('BYTES_LIMIT', undefined, `a text of ${remaining} bytes`);
  try {
    return decodeUtf8(reader.rest(), path);
  } catch (cause) {
    throw new DecodeError('TEXT_NOT_UTF8', { path, offset }, { cause });
  }
}

/** The bytes of a text that `readText` gives back. */
export function textBytes(text: string): Uint8Array {
  const bytes = utf8(text);
  // A lone surrogate has no UTF-8 form and would come back as another character.
  if (bytes.length > TEXT_BYTES_MAX || decodeUtf8(bytes) !== text) throw new RangeError(`not a text of at most ${TEXT_BYTES_MAX} bytes`);
  return bytes;
}

/** `count` digits in ASCII, all that is left. */
export function readDigits(reader: ByteReader, count: number): string {
  const { remaining } = reader;
  if (remaining !== count) throw reader.error('BYTES_UNEXPECTED', undefined, `${remaining} bytes, ${count} digits needed`);
  const digits = Buffer.from(reader.rest()).toString('latin1');
  if (!/^[0-9]+$/.test(digits)) throw reader.error('BYTES_UNEXPECTED', undefined, 'not digits');
  return digits;
}

/** The ASCII bytes of exactly `count` digits. */
export function digitBytes(digits: string, count: number): Uint8Array {
  if (digits.length !== count || !/^[0-9]+$/.test(digits)) throw new RangeError(`${count} digits are needed`);
  return ascii(digits);
}

function encodeElement(row: TemplateRow, content: TemplateContent): { readonly listed: Uint8Array; readonly object: Uint8Array } {
  const listed = uintBE(row.tag, 2);
  if (row.kind !== content.kind) throw new RangeError('the content does not fit its element');
  switch (content.kind) {
    case 'text':
      return { listed, object: tlv(row.tag, textBytes(content.text)) };
    case 'image':
      return { listed, object: tlv(row.tag, content.data) };
    case 'digits': {
      const digits = digitBytes(content.digits, row.kind === 'digits' ? row.count : NaN);
      return { listed, object: tlv(row.tag, content.coding === 'ascii' ? digits : Buffer.from(content.digits, 'hex')) };
    }
    case 'names': {
      const names = content.names.map((name) => tlv(row.tag, textBytes(name)));
      if (content.form === 'bare') {
        if (names.length !== 1) throw new RangeError('one name stands without a group');
        return { listed, object: concat(...names) };
      }
      if (names.length > NAMES_MAX) throw new RangeError(`more than ${NAMES_MAX} names`);
      const object = tlv(GROUP, tlv(COUNT, uintBE(names.length, 1)), ...names);
      return { listed: content.form === 'group' ? listed : uintBE(GROUP, 1), object };
    }
  }
}

function rowOf(rows: TemplateRows, name: PropertyKey): TemplateRow {
  const row = typeof name === 'string' && Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row === undefined) throw new RangeError('no such element');
  return row;
}

function readListed(list: ByteReader, rows: TemplateRows): { readonly name: string; readonly row: TemplateRow; readonly asGroup: boolean } {
  const asGroup = list.peek() === GROUP;
  const tag = list.uint(asGroup ? 1 : 2, 'tag');
  for (const [name, row] of Object.entries(rows)) {
    if (asGroup ? row.kind === 'names' : row.tag === tag) return { name, row, asGroup };
  }
  throw list.error('BYTES_UNEXPECTED', 'tag', 'not an element of this data group');
}

function readContent(outer: ByteReader, row: TemplateRow, asGroup: boolean): TemplateContent {
  if (row.kind === 'names') {
    if (asGroup) return { kind: 'names', form: 'group-listed-as-a0', names: readNames(outer, row.tag) };
    if (outer.peek() === GROUP) return { kind: 'names', form: 'group', names: readNames(outer, row.tag) };
    return { kind: 'names', form: 'bare', names: [readText(enter(outer, row.tag))] };
  }
  const inner = enter(outer, row.tag);
  if (row.kind === 'text') return { kind: 'text', text: readText(inner) };
  if (row.kind !== 'digits') return { kind: 'image', data: inner.rest() };
  if (inner.remaining * 2 !== row.count) return { kind: 'digits', digits: readDigits(inner, row.count), coding: 'ascii' };
  const digits = Buffer.from(inner.rest()).toString('hex');
  if (!/^[0-9]+$/.test(digits)) throw inner.error('BYTES_UNEXPECTED', undefined, 'not binary coded digits');
  return { kind: 'digits', digits, coding: 'bcd' };
}

function readNames(outer: ByteReader, tag: number): readonly string[] {
  const group = enter(outer, GROUP);
  const counter = enter(group, COUNT);
  const count = counter.uint(1, 'count');
  counter.end();
  if (count > NAMES_MAX) throw counter.error('BYTES_LIMIT', 'count', `${count} names`);
  const names = Array.from({ length: count }, () => readText(enter(group, tag)));
  group.end();
  return names;
}
