import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Order } from '#production/orders';
import { mrzName, mrzOfOrder, withoutMarks } from './mrz-of-order.ts';

/** One value of a person in one encoding. `what` names it without saying it: a failing test must not print it either. */
export interface Needle {
  readonly what: string;
  readonly bytes: Uint8Array;
}

export interface Find {
  readonly file: string;
  readonly what: string;
}

/** What must not stand anywhere in clear, in every encoding in which software leaves it lying about. */
export function needlesOf(orders: readonly Order[]): readonly Needle[] {
  const needles = new Map<string, Needle>();
  for (const order of orders) {
    for (const [what, text] of valuesOf(order)) {
      for (const [how, bytes] of encodingsOf(text)) {
        needles.set(Buffer.from(bytes).toString('latin1'), { what: `${order.orderId} ${what} as ${how}`, bytes });
      }
    }
  }
  return [...needles.values()];
}

function valuesOf({ citizen, dossierNumber, ...order }: Order): readonly (readonly [string, string])[] {
  const whole: Order = { ...order, citizen, dossierNumber };
  const values: (readonly [string, string])[] = [
    ['personal number', citizen.personalNumber],
    ['dossier number', dossierNumber],
  ];
  const [first, second, third] = mrzOfOrder(whole);
  values.push(['MRZ line 1', first], ['MRZ line 2', second]);
  for (const [what, name] of [
    ['name', citizen.fullName],
    ['father', citizen.father ?? ''],
    ['mother', citizen.mother ?? ''],
    ['residence', citizen.placeOfResidence],
  ] as const) {
    // A name of one word is a word: it may stand anywhere and mean nobody.
    if (!name.includes(' ')) continue;
    values.push([what, name], [`${what}, decomposed`, name.normalize('NFD')], [`${what}, capitals`, name.toUpperCase()]);
    values.push([`${what}, without marks`, withoutMarks(name)], [`${what}, in JSON escapes`, escaped(name)]);
    if (what !== 'residence') values.push([`${what}, as in an MRZ`, mrzName(name).slice(0, 24)]);
  }
  if (citizen.fullName.includes(' ')) values.push(['MRZ line 3', third]);
  return values;
}

function escaped(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** UTF-8, UTF-16 both ways, hexadecimal in both cases, and the three ways in which a text can lie in a base64. */
export function encodingsOf(text: string): readonly (readonly [string, Uint8Array])[] {
  const utf8 = Buffer.from(text, 'utf8');
  const little = Buffer.from(text, 'utf16le');
  const hex = utf8.toString('hex');
  const base64 = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64');
    // Only characters that no neighbour of the text has a part in.
    const inside = whole.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + utf8.length) * 8) / 6));
    const url = inside.replaceAll('+', '-').replaceAll('/', '_');
    return [
      [`base64 +${shift}`, Buffer.from(inside)] as const,
      ...(url === inside ? [] : [[`base64url +${shift}`, Buffer.from(url)] as const]),
    ];
  });
  return [
    ['UTF-8', utf8],
    ['UTF-16LE', little],
    ['UTF-16BE', Buffer.from(little).swap16()],
    ['hex', Buffer.from(hex)],
    ['HEX', Buffer.from(hex.toUpperCase())],
    ...base64,
  ];
}

/** Looks for many values at once: a table over the first three bytes says where a comparison is worth while. */
export function searcher(needles: readonly Needle[]): (bytes: Uint8Array) => readonly Needle[] {
  const begins = new Uint8Array(1 << 24);
  const byStart = new Map<number, Needle[]>();
  for (const needle of needles) {
    if (needle.bytes.length < 8) throw new Error(`${needle.what} is too short to search for`);
    const key = keyAt(needle.bytes, 0);
    begins[key] = 1;
    byStart.set(key, [...(byStart.get(key) ?? []), needle]);
  }
  return (bytes) => {
    const found = new Set<Needle>();
    for (let at = 0; at + 8 <= bytes.length; at += 1) {
      const key = keyAt(bytes, at);
      if (begins[key] === 0) continue;
      for (const needle of byStart.get(key) ?? []) if (liesAt(bytes, needle.bytes, at)) found.add(needle);
    }
    return [...found];
  };
}

/** Every find below a folder, in contents and in names. @param skip by the path from `folder` */
export function searchFolder(
  folder: string,
  search: (bytes: Uint8Array) => readonly Needle[],
  skip: (path: string) => boolean,
): { readonly finds: readonly Find[]; readonly files: number; readonly bytes: number } {
  const finds: Find[] = [];
  let files = 0;
  let size = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name));
    for (const { what } of search(Buffer.from(path))) finds.push({ file: 'the name of a file', what });
    if (!entry.isFile() || skip(path)) continue;
    const bytes = readFileSync(join(folder, path));
    files += 1;
    size += bytes.length;
    for (const { what } of search(bytes)) finds.push({ file: path, what });
  }
  return { finds, files, bytes: size };
}

function keyAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

function liesAt(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  if (at + wanted.length > bytes.length) return false;
  for (let i = 3; i < wanted.length; i += 1) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}
