import { MrzError } from './mrz-error.ts';

/**
 * The 134 Vietnamese letters outside ASCII with their MRZ letter, as Doc 9303-3 §6.A recommends: marks are dropped and Đ
 * becomes D. Written out rather than derived from Unicode decompositions, because đ has none and because a table that
 * can be read can be checked.
 */
const MARKED: Readonly<Record<string, string>> = {
  A: 'ÀÁẢÃẠ ĂẰẮẲẴẶ ÂẦẤẨẪẬ àáảãạ ăằắẳẵặ âầấẩẫậ',
  D: 'Đ đ',
  E: 'ÈÉẺẼẸ ÊỀẾỂỄỆ èéẻẽẹ êềếểễệ',
  I: 'ÌÍỈĨỊ ìíỉĩị',
  O: 'ÒÓỎÕỌ ÔỒỐỔỖỘ ƠỜỚỞỠỢ òóỏõọ ôồốổỗộ ơờớởỡợ',
  U: 'ÙÚỦŨỤ ƯỪỨỬỮỰ ùúủũụ ưừứửữự',
  Y: 'ỲÝỶỸỴ ỳýỷỹỵ',
};

/** Letter in NFC to MRZ letter. ASCII letters are not in it. */
export const VIETNAMESE_LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries(MARKED).flatMap(([base, letters]) => Array.from(letters.replaceAll(' ', '')).map((letter) => [letter, base] as const)),
);

const APOSTROPHES: ReadonlySet<string> = new Set(["'", '\u2019']);

/**
 * One word in MRZ letters. ASCII letters are put in upper case, Vietnamese letters lose their marks, apostrophes are
 * omitted (Doc 9303-3 §4.6); anything else is refused with its code point and position, never replaced.
 *
 * @param more letters of other languages that a card profile allows, with their MRZ form
 */
export function transliterate(word: string, more: ReadonlyMap<string, string> = new Map()): string {
  let out = '';
  let at = 0;
  for (const letter of word) {
    const form = mrzForm(letter, more);
    if (form === undefined) {
      throw new MrzError('NAME_CHARACTER', { where: `position ${at + 1}`, detail: codePointName(letter) });
    }
    out += form;
    at += letter.length;
  }
  return out;
}

/**
 * A name as it is registered, family name first, into the two identifiers of the MRZ (Doc 9303-3 §4.6): the first word is
 * the primary identifier, all others the secondary; a hyphen separates components. A person with a single name has a
 * primary identifier only (Doc 9303-5 §4.2.2, line 3).
 */
export function nameComponents(
  fullName: string,
  more: ReadonlyMap<string, string> = new Map(),
): { readonly primary: readonly string[]; readonly secondary: readonly string[] } {
  const words = fullName.split(' ').map((word) => word.split('-').map((part) => transliterate(part, more)));
  if (words.flat().includes('')) throw new MrzError('NAME_STRUCTURE');
  const [primary = [], ...others] = words;
  return { primary, secondary: others.flat() };
}

function mrzForm(letter: string, more: ReadonlyMap<string, string>): string | undefined {
  if (/^[A-Za-z]$/.test(letter)) return letter.toUpperCase();
  if (APOSTROPHES.has(letter)) return '';
  return VIETNAMESE_LETTERS.get(letter) ?? more.get(letter);
}

function codePointName(letter: string): string {
  return `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
