import { ByteReader, concat, decodeUtf8, isCodedError } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, readOidContent, tlv, type Tlv } from '#encoder/tlv';
import { PkdError } from './pkd-error.ts';

/** One attribute of a relative distinguished name. */
export interface NameAttribute {
  /** A short name (`cn`) or a dotted object identifier. */
  readonly type: string;
  readonly value: string;
}

/** Several attributes stand side by side in one relative name: `cn=…+sn=…`. */
export type RelativeName = readonly NameAttribute[];

/** The caps: the PKD's names have eight parts, the longest some 300 characters. */
const PARTS_MAX = 32;
const CHARACTERS_MAX = 2048;

/** RFC 4514 §2, the most specific part first, as LDAP writes it. `=` is escaped too, as the PKD does where a name stands inside a name. */
export function encodeDn(name: readonly RelativeName[]): string {
  return name.map((relative) => relative.map(({ type, value }) => `${type}=${escaped(value).replaceAll('=', '\\=')}`).join('+')).join(',');
}

/** RFC 4514 §2.4. */
function escaped(value: string): string {
  return value
    .replaceAll(/["+,;<>\\]/g, String.raw`\$&`)
    .replaceAll('\0', String.raw`\00`)
    .replace(/(?<=.) $/s, String.raw`\ `)
    .replace(/^[ #]/, String.raw`\$&`);
}

/** Errors: PKD_ENTRY_MALFORMED. Values in the form `#` and hex are refused: the PKD's own names have none. */
export function decodeDn(text: string): readonly RelativeName[] {
  if (text.length > CHARACTERS_MAX) throw malformed(`a name of ${text.length} characters`);
  const parts: NameAttribute[][] = [[]];
  let at = 0;
  for (;;) {
    const equals = text.indexOf('=', at);
    const type = text.slice(at, Math.max(equals, at));
    if (!/^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/.test(type)) throw malformed('no attribute type in a name');
    const { value, end } = readValue(text, equals + 1);
    parts.at(-1)?.push({ type, value });
    if (end >= text.length) return parts;
    if (text[end] === ',') parts.push([]);
    if (parts.length > PARTS_MAX) throw malformed(`a name of more than ${PARTS_MAX} parts`);
    at = end + 1;
  }
}

/** Characters that stand for themselves, or one that is escaped. */
const PLAIN = /[^\\,+"<>;\0]+/y;
const ESCAPE = /\\(?:(?<hex>[0-9A-Fa-f]{2})|(?<special>[ "#+,;<=>\\]))/y;

/** A value to the next `,` or `+` that is not escaped. */
function readValue(text: string, from: number): { readonly value: string; readonly end: number } {
  const parts: Uint8Array[] = [];
  let at = from;
  if (/^[ #]/.test(text.slice(from, from + 1))) throw malformed('a character that must be escaped');
  while (at < text.length && text[at] !== ',' && text[at] !== '+') {
    const plain = sticky(PLAIN, text, at);
    const escape = plain ?? sticky(ESCAPE, text, at);
    if (escape === undefined)
      throw malformed(text[at] === '\\' ? 'an escape that RFC 4514 does not have' : 'a character that must be escaped');
    const { hex, special } = escape.groups ?? {};
    parts.push(hex === undefined ? Buffer.from(special ?? escape[0]) : Buffer.from(hex, 'hex'));
    at += escape[0].length;
    if (plain?.[0].endsWith(' ') === true && /^[,+]?$/.test(text.slice(at, at + 1))) throw malformed('a space at the end of a value');
  }
  try {
    return { value: decodeUtf8(concat(...parts), 'dn'), end: at };
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw malformed('a name that is not UTF-8');
  }
}

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Short names of RFC 4514 §3, and serialNumber of RFC 4519 §2.31, which names of CSCAs have. */
const SHORT_NAMES: Readonly<Partial<Record<string, string>>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
};

/** A Name of a certificate (DER) in the string form of RFC 4514: last part first. Throws `DecodeError`. */
export function nameText(name: Uint8Array): string {
  return decodeTlvs(decodeOnly(name, 0x30, 'name').rest(), 'name')
    .map((relative) =>
      decodeTlvs(relative.value, 'name')
        .map((pair) => attributeText(pair))
        .join('+'),
    )
    .toReversed()
    .join(',');
}

/** The countryName of a Name, as it stands; undefined where it has none. Throws `DecodeError`. */
export function countryOf(name: Uint8Array): string | undefined {
  const pairs = decodeTlvs(decodeOnly(name, 0x30, 'name').rest(), 'name').flatMap(({ value }) => decodeTlvs(value, 'name'));
  const country = pairs.map((pair) => members(pair)).find(({ type }) => type === '2.5.4.6');
  return country === undefined ? undefined : stringOf(country.value);
}

function attributeText(pair: Tlv): string {
  const { type, value } = members(pair);
  const [short, text] = [SHORT_NAMES[type], stringOf(value)];
  // RFC 4514 §2.4: what has no short name or no string form is the hex of its encoding.
  if (short === undefined || text === undefined) return `${short ?? type}=#${Buffer.from(tlv(value.tag, value.value)).toString('hex')}`;
  return `${short}=${escaped(text)}`;
}

function members({ value }: Tlv): { readonly type: string; readonly value: Tlv } {
  const [oid, text] = decodeTlvs(value, 'name');
  if (oid?.tag !== 0x06 || text === undefined) throw new ByteReader(value, 'name').error('BYTES_UNEXPECTED', undefined, 'not an attribute');
  return { type: readOidContent(new ByteReader(oid.value, 'name')), value: text };
}

/** UTF8String, PrintableString, T61String (as it is in use: ISO 8859-1), IA5String, BMPString. */
function stringOf({ tag, value }: Tlv): string | undefined {
  const bytes = Buffer.from(value);
  if (tag === 0x0c) return decodeUtf8(value, 'name');
  if (tag === 0x13 || tag === 0x14 || tag === 0x16) return bytes.toString('latin1');
  return tag === 0x1e && bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : undefined;
}

function malformed(detail: string): PkdError {
  return new PkdError('PKD_ENTRY_MALFORMED', { where: 'dn', detail });
}
