import { MrzError } from './mrz-error.ts';

/**
 * Languages for which §6.B makes exceptions: Belorussian, Bulgarian, Macedonian, Serbian, Ukrainian (ISO 639-1). Every
 * other language takes the table as it is.
 */
export type CyrillicLanguage = 'be' | 'bg' | 'mk' | 'sr' | 'uk';

/**
 * Doc 9303-3 §6.B by code point. Where the printed glyph and the printed code point differ (0402, 040E, 0474) the code point
 * counts. The table has no Ѓ, Ћ, Ь, Ѐ and Ѝ: they are refused unless the issuing State says what becomes of them.
 */
const LETTERS: Readonly<Record<string, string>> = {
  Ё: 'E',
  Ђ: 'D',
  Є: 'IE',
  Ѕ: 'DZ',
  І: 'I',
  Ї: 'I',
  Ј: 'J',
  Љ: 'LJ',
  Њ: 'NJ',
  Ќ: 'K',
  Ў: 'U',
  Џ: 'DZ',
  А: 'A',
  Б: 'B',
  В: 'V',
  Г: 'G',
  Д: 'D',
  Е: 'E',
  Ж: 'ZH',
  З: 'Z',
  И: 'I',
  Й: 'I',
  К: 'K',
  Л: 'L',
  М: 'M',
  Н: 'N',
  О: 'O',
  П: 'P',
  Р: 'R',
  С: 'S',
  Т: 'T',
  У: 'U',
  Ф: 'F',
  Х: 'KH',
  Ц: 'TS',
  Ч: 'CH',
  Ш: 'SH',
  Щ: 'SHCH',
  Ъ: 'IE',
  Ы: 'Y',
  Э: 'E',
  Ю: 'IU',
  Я: 'IA',
  Ѫ: 'U',
  Ѵ: 'Y',
  Ґ: 'G',
  Ғ: 'G',
  Һ: 'C',
};

/** What the table puts after "except", as it is printed. */
const EXCEPT: Readonly<Record<CyrillicLanguage, Readonly<Record<string, string>>>> = {
  be: { Ё: 'IO', Г: 'H' },
  bg: { Щ: 'SHT' },
  mk: { Ќ: 'KJ', Џ: 'DJ', Х: 'H', Ц: 'C', Ғ: 'GJ' },
  sr: { Г: 'H', Ж: 'Z', Х: 'H', Ц: 'C', Ч: 'C', Ш: 'S' },
  uk: { Г: 'H', И: 'Y' },
};

/** "If Ukrainian first character": at the start of a word. */
const UKRAINIAN_FIRST: Readonly<Record<string, string>> = { Є: 'YE', Ї: 'YI', Й: 'Y', Ю: 'YU', Я: 'YA' };

const APOSTROPHES: ReadonlySet<string> = new Set(["'", '\u2019']);

/**
 * One word of Cyrillic letters, capital or small, in MRZ letters as Doc 9303-3 §6.B recommends; apostrophes are omitted
 * (§4.6). A letter of another script is refused with its code point and position, even where it looks the same, and so is
 * a Cyrillic letter that the table does not have.
 *
 * @param language the language of the name, where the table makes an exception for it
 * @param more capital letters beyond the table, or with a form of the issuing State's own, with that form; may be empty
 */
export function transliterateCyrillic(word: string, language?: CyrillicLanguage, more: ReadonlyMap<string, string> = new Map()): string {
  const letters = new Map([...Object.entries(LETTERS), ...Object.entries(language === undefined ? {} : EXCEPT[language]), ...more]);
  const first = new Map([...letters, ...(language === 'uk' ? Object.entries(UKRAINIAN_FIRST) : []), ...more]);
  let out = '';
  let at = 0;
  for (const letter of word) {
    const form = APOSTROPHES.has(letter) ? '' : (at === 0 ? first : letters).get(letter.toUpperCase());
    if (form === undefined) {
      const codePoint = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      throw new MrzError('NAME_CHARACTER', { where: `position ${at + 1}`, detail: `U+${codePoint}` });
    }
    out += form;
    at += letter.length;
  }
  return out;
}
