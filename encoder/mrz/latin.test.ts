import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vector } from '#test-vectors';
import { latinLetters, MrzError, nameComponents, transliterate, VIETNAMESE_LETTERS } from './index.ts';

const rows = vector('mrz', 'mrz.letters.latin')
  .texts('rowsText')
  .map((row) => {
    const [codePoint = '', ...forms] = row.split(' ');
    return { letter: String.fromCodePoint(Number.parseInt(codePoint, 16)), forms };
  });

describe('Latin letters, Doc 9303-3 §6.A', () => {
  test('every row of the published table, and no other capital letter', () => {
    const letters = latinLetters();
    for (const { letter, forms } of rows) expect([letter, letters.get(letter)]).toEqual([letter, forms[0]]);
    const published = new Set(rows.flatMap(({ letter }) => [letter, letter.toLowerCase()]));
    for (const letter of letters.keys()) expect(published).toContain(letter);
    expect(rows).toHaveLength(95);
  });

  test('every form that the table offers can be chosen, and changes no other letter', () => {
    const first = latinLetters();
    for (const { letter, forms } of rows) {
      for (const form of forms.slice(1)) {
        const chosen = latinLetters({ [letter]: form });
        expect(chosen.get(letter)).toBe(form);
        expect(chosen.get(letter.toLowerCase())).toBe(form);
        const others = [...chosen].filter(([key]) => key.toUpperCase() !== letter);
        expect(others).toEqual([...first].filter(([key]) => key.toUpperCase() !== letter));
      }
    }
    expect(rows.filter(({ forms }) => forms.length > 1).map(({ letter }) => letter)).toEqual(['Ä', 'Å', 'Ñ', 'Ö', 'Ü']);
  });

  test('small letters have the form of their capital; the small letter of İ is two characters and is not in it', () => {
    const letters = latinLetters();
    for (const { letter, forms } of rows) {
      if (letter !== 'İ') expect(letters.get(letter.toLowerCase())).toBe(forms[0]);
    }
    expect(letters.get('ß')).toBe('SS');
    expect([...letters.keys()].every((letter) => letter.length === 1 && letter === letter.normalize('NFC'))).toBe(true);
  });

  test('no Vietnamese letter has another form here', () => {
    const letters = latinLetters();
    for (const [letter, form] of VIETNAMESE_LETTERS) expect(letters.get(letter) ?? form).toBe(form);
  });

  test('names of several languages', () => {
    const letters = latinLetters();
    expect(nameComponents('Groß-Müller Jörg', letters)).toEqual({ primary: ['GROSS', 'MUELLER'], secondary: ['JOERG'] });
    expect(transliterate('Þórður', letters)).toBe('THORDUR');
    expect(transliterate('Łukasiński', letters)).toBe('LUKASINSKI');
    expect(transliterate('Işık', letters)).toBe('ISIK');
    expect(transliterate('Muñoz', latinLetters({ Ñ: 'NXX' }))).toBe('MUNXXOZ');
    expect(transliterate('Ægir Ångström'.replace(' ', ''), latinLetters({ Å: 'A', Ö: 'O' }))).toBe('AEGIRANGSTROM');
  });

  test('what the table does not have is refused, as it is without the table', () => {
    for (const letter of ['Ș', 'Ə', 'А', '\u0301', '2', '<']) expect(() => transliterate(`A${letter}`, latinLetters())).toThrow(MrzError);
    expect(() => transliterate('Müller')).toThrow(MrzError);
  });

  test('property: a word of its letters becomes MRZ letters only, letter by letter', () => {
    const letters = latinLetters();
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...letters.keys())), (word) => {
        expect(transliterate(word.join(''), letters)).toBe(word.map((letter) => letters.get(letter)).join(''));
        expect(transliterate(word.join(''), letters)).toMatch(/^[A-Z]*$/);
      }),
    );
  });
});
