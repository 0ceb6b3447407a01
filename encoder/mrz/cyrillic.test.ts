import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vector } from '#test-vectors';
import { transliterateCyrillic, type CyrillicLanguage } from './index.ts';

const LANGUAGES: readonly (CyrillicLanguage | undefined)[] = [undefined, 'be', 'bg', 'mk', 'sr', 'uk'];

const rows = vector('mrz', 'mrz.letters.cyrillic')
  .texts('rowsText')
  .map((row) => {
    const [main = '', ...exceptions] = row.split(', ');
    const [codePoint = '', form = ''] = main.split(' ');
    return {
      letter: String.fromCodePoint(Number.parseInt(codePoint, 16)),
      form,
      except: new Map(exceptions.map((exception) => exception.split(' ') as [string, string])),
    };
  });

describe('Cyrillic letters, Doc 9303-3 §6.B', () => {
  test.each(LANGUAGES)('every row of the published table, inside a word and first, capital and small: %s', (language) => {
    for (const { letter, form, except } of rows) {
      const inside = except.get(language ?? '') ?? form;
      const first = except.get(`${language ?? ''}-first`) ?? inside;
      for (const written of [letter, letter.toLowerCase()]) {
        expect([letter, transliterateCyrillic(`А${written}`, language)]).toEqual([letter, `A${inside}`]);
        expect([letter, transliterateCyrillic(written, language)]).toEqual([letter, first]);
      }
    }
  });

  test('no letter of the Cyrillic block beyond the published rows', () => {
    const published = new Set(rows.map(({ letter }) => letter));
    for (let codePoint = 0x400; codePoint < 0x530; codePoint += 1) {
      const letter = String.fromCodePoint(codePoint);
      if (published.has(letter.toUpperCase())) continue;
      expect(() => transliterateCyrillic(letter), letter).toThrow(expect.objectContaining({ code: 'NAME_CHARACTER' }) as Error);
    }
  });

  test('Doc 9303-4 Figure A-2: the Russian sample', () => {
    expect(transliterateCyrillic('ИВАНОВА')).toBe('IVANOVA');
    expect(transliterateCyrillic('АННА')).toBe('ANNA');
  });

  test('the same letters in several languages', () => {
    expect(transliterateCyrillic('Юрій', 'uk')).toBe('YURII');
    expect(transliterateCyrillic("Мар'яна", 'uk')).toBe('MARIANA');
    expect(transliterateCyrillic('Щерев', 'bg')).toBe('SHTEREV');
    expect(transliterateCyrillic('Щерев')).toBe('SHCHEREV');
    expect(transliterateCyrillic('Живац', 'sr')).toBe('ZIVAC');
  });

  test.each([
    ['a Latin letter that looks the same', 'Иvан', 'U+0076', 'position 2'],
    ['a soft sign that the State has not ruled on', 'Игорь', 'U+044C', 'position 5'],
    ['a combining breve (NFD)', 'Сергеи\u0306', 'U+0306', 'position 7'],
    ['a hyphen', 'Анна-Мария', 'U+002D', 'position 5'],
    ['a lone surrogate', 'А\ud800', 'U+D800', 'position 2'],
  ])('refuses %s', (_what, word, detail, where) => {
    expect(() => transliterateCyrillic(word)).toThrow(expect.objectContaining({ code: 'NAME_CHARACTER', detail, where }) as Error);
  });

  test('a State may omit the soft sign, add letters, and have forms of its own', () => {
    expect(transliterateCyrillic('Игорь', undefined, new Map([['Ь', '']]))).toBe('IGOR');
    expect(transliterateCyrillic('Ћирић', 'sr', new Map([['Ћ', 'C']]))).toBe('CIRIC');
    expect(transliterateCyrillic('Юрій', 'uk', new Map([['Ю', 'IU']]))).toBe('IURII');
  });

  test('property: a word of its letters becomes MRZ letters, and only the first letter knows its place', () => {
    const word = fc.array(fc.constantFrom(...rows.map(({ letter }) => letter)), { minLength: 1 });
    fc.assert(
      fc.property(word, fc.constantFrom(...LANGUAGES), (letters, language) => {
        const [first = '', ...others] = letters;
        const whole = transliterateCyrillic(letters.join(''), language);
        const rest = others.map((letter) => transliterateCyrillic(`А${letter}`, language).slice(1)).join('');
        expect(whole).toMatch(/^[A-Z]+$/);
        expect(whole).toBe(transliterateCyrillic(first, language) + rest);
      }),
    );
  });
});
