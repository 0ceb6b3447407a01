import { decodeUtf8, isCodedError, utf8 } from '#encoder/bytes';
import { PkdError } from './pkd-error.ts';

/** One content record of RFC 2849. Records of changes are refused: nothing here is carried out on a directory. */
export interface LdifEntry {
  /** In the string form of RFC 4514. */
  readonly dn: string;
  /** In the order of the file; one that has several values stands there several times. */
  readonly attributes: readonly LdifAttribute[];
  /** Where it stood, from 1; absent on entries that were built. */
  readonly line?: number;
}

export interface LdifAttribute {
  /** With its options: `userCertificate;binary`. */
  readonly type: string;
  readonly value: Uint8Array;
}

/** RFC 2849 note 2 lets lines be folded anywhere; the PKD's own files are folded at 76. */
const COLUMNS = 76;
/** The PKD's whole collection of Document Signers is 79 MB with 30,000 entries. */
const BYTES_MAX = 256 * 1024 * 1024;
const ENTRIES_MAX = 200_000;
/** A line is some 76 bytes: the whole collection has a million of them. */
const LINES_MAX = 4_000_000;
/** A certificate that breaks every rule there is has a code and a text for each. */
const ATTRIBUTES_MAX = 512;
const TYPE = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*$/;

/** SAFE-STRING of RFC 2849: ASCII without NUL, LF and CR, that does not begin with a space, a colon or `<`. */
function isSafe(text: string): boolean {
  return /^(?![ :<])[^\0\n\r]*$/.test(text) && /^\p{ASCII}*$/u.test(text);
}

export function encodeLdif(entries: readonly LdifEntry[]): Uint8Array {
  const records = entries.map(({ dn, attributes }) =>
    [line('dn', utf8(dn)), ...attributes.map(({ type, value }) => line(type, value))].join('\n'),
  );
  return utf8(`${['version: 1', ...records].join('\n\n')}\n`);
}

function line(type: string, value: Uint8Array): string {
  const text = Buffer.from(value).toString('latin1');
  // One that ends with a space is better in base64 (note 8).
  const safe = isSafe(text) && !text.endsWith(' ');
  return folded(safe ? `${type}: ${text}` : `${type}:: ${Buffer.from(value).toString('base64')}`);
}

function folded(text: string): string {
  const lines = [text.slice(0, COLUMNS)];
  for (let at = COLUMNS; at < text.length; at += COLUMNS - 1) lines.push(` ${text.slice(at, at + COLUMNS - 1)}`);
  return lines.join('\n');
}

/** Errors: PKD_LDIF_MALFORMED with the line and what is wrong with it. Values by URL (`attribute:< …`) are refused, never fetched. */
export function decodeLdif(file: Uint8Array): readonly LdifEntry[] {
  const [version, ...records] = recordsOf(unfolded(readText(file)));
  if (version === undefined) throw malformed(1, 'empty');
  const [first, ...rest] = version;
  if (!/^version: *1$/.test(first?.text ?? '')) throw malformed(first?.number ?? 1, 'not version 1');
  // The first record may follow the version without an empty line.
  const all = rest.length === 0 ? records : [rest, ...records];
  if (all.length > ENTRIES_MAX) throw malformed(1, `more than ${ENTRIES_MAX} entries`);
  return all.map(readRecord);
}

interface Line {
  readonly number: number;
  readonly text: string;
}

function readText(file: Uint8Array): string {
  if (file.length > BYTES_MAX) throw malformed(1, `${file.length} bytes`);
  try {
    return decodeUtf8(file, 'LDIF');
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw new PkdError('PKD_LDIF_MALFORMED', { where: cause.where ?? 'LDIF', detail: 'not UTF-8', cause });
  }
}

/** Logical lines without comments; an empty one ends a record. */
function unfolded(text: string): readonly Line[] {
  const logical: { number: number; parts: string[] }[] = [];
  const lines = text.split('\n', LINES_MAX + 1);
  if (lines.length > LINES_MAX) throw malformed(LINES_MAX, `more than ${LINES_MAX} lines`);
  for (const [index, raw] of lines.entries()) {
    const physical = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (physical.startsWith(' ')) {
      const before = logical.at(-1);
      if (before === undefined || before.parts[0] === '') throw malformed(index + 1, 'continues no line');
      before.parts.push(physical.slice(1));
    } else {
      logical.push({ number: index + 1, parts: [physical] });
    }
  }
  return logical.map(({ number, parts }) => ({ number, text: parts.join('') })).filter(({ text: whole }) => !whole.startsWith('#'));
}

function recordsOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const records: Line[][] = [[]];
  for (const each of lines) {
    if (each.text !== '') records.at(-1)?.push(each);
    else if (records.at(-1)?.length !== 0) records.push([]);
  }
  return records.filter(({ length }) => length > 0);
}

function readRecord(lines: readonly Line[]): LdifEntry {
  const [dnLine, ...others] = lines;
  const number = dnLine?.number ?? 1;
  if (others.length > ATTRIBUTES_MAX) throw malformed(number, `more than ${ATTRIBUTES_MAX} attributes`);
  const dn = readLine(dnLine ?? { number, text: '' });
  if (dn.type.toLowerCase() !== 'dn') throw malformed(number, 'no dn at the beginning of a record');
  const attributes = others.map(readLine);
  for (const [index, { type }] of attributes.entries()) {
    if (/^(dn|changetype|control)$/i.test(type)) throw malformed(others[index]?.number ?? number, `${type.toLowerCase()} inside a record`);
  }
  if (attributes.length === 0) throw malformed(number, 'a record without attributes');
  try {
    return { dn: decodeUtf8(dn.value, 'dn'), attributes, line: number };
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw new PkdError('PKD_LDIF_MALFORMED', { where: `line ${number}`, detail: 'dn is not UTF-8', cause });
  }
}

function readLine({ number, text }: Line): LdifAttribute {
  const colon = text.indexOf(':');
  const type = text.slice(0, Math.max(colon, 0));
  if (!TYPE.test(type)) throw malformed(number, 'no attribute description');
  const rest = text.slice(colon + 1);
  if (rest.startsWith('<')) throw malformed(number, 'a value by URL');
  if (!rest.startsWith(':')) {
    const plain = rest.replace(/^ +/, '');
    if (!isSafe(plain)) throw malformed(number, 'a value that must be in base64');
    return { type, value: utf8(plain) };
  }
  const base64 = rest.slice(1).replace(/^ +/, '');
  const value = Uint8Array.from(Buffer.from(base64, 'base64'));
  if (Buffer.from(value).toString('base64') !== base64) throw malformed(number, 'not base64');
  return { type, value };
}

function malformed(number: number, detail: string): PkdError {
  return new PkdError('PKD_LDIF_MALFORMED', { where: `line ${number}`, detail });
}
