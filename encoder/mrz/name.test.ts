import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadVectors } from '#test-vectors';
import { MrzError, nameComponents, nameField, transliterate, VIETNAMESE_LETTERS } from './index.ts';

const published = loadVectors('mrz').filter(({ id }) => id.startsWith('mrz.name.'));

describe('names in the MRZ, Doc 9303-5 §4.2.3', () => {
  const lines = published.filter((entry) => entry.has('lineText'));

  test.each(lines.map((entry) => [`${entry.section}: ${entry.text('lineText')}`, entry] as const))('%s', (_name, entry) => {
    const { text } = nameField(entry.texts('primaryText'), entry.texts('secondaryText'));
    expect(text).toBe(entry.text('lineText'));
  });

  test('§4.2.3.3: a name that fits exactly is not truncated, one letter more is', () => {
    expect(nameField(['PAPANDROPOULOUS'], ['JONATHON', 'ALEC']).truncated).toBe(false);
    expect(nameField(['PAPANDROPOULOUSA'], ['JONATHON', 'ALEC']).truncated).toBe(true);
  });

  test('§4.2.2: a primary identifier alone that is too long ends with a letter', () => {
    expect(nameField(['BENNELONG', 'WOOLOOMOOLOO', 'WARRANDYTE'], [])).toEqual({ text: 'BENNELONG<WOOLOOMOOLOO<WARRAND', truncated: true });
    expect(nameField(['A'.repeat(40)], [])).toEqual({ text: 'A'.repeat(30), truncated: true });
  });

  test('§4.2.2: a long primary identifier makes room for the first letter of every secondary component', () => {
    expect(nameField(['BENNELONG', 'WOOLOOMOOLOO', 'WARRANDYTE', 'WARNAMBOOL'], ['DINGO', 'POTOROO']).text).toBe(
      'BENNELONG<WOOLO<WARR<WARN<<D<P',
    );
  });

  test('a long Vietnamese name keeps a letter of every word', () => {
    const { primary, secondary } = nameComponents('Công Tằng Tôn Nữ Thị Hoàng Phương Thanh');
    expect(nameField(primary, secondary)).toEqual({ text: 'CONG<<TANG<TON<NU<THI<HO<PH<TH', truncated: true });
  });

  test('an empty or unfit component is refused', () => {
    for (const [primary, secondary] of [
      [[], []],
      [[''], []],
      [['A'], ['']],
      [['a'], []],
      [['A<B'], []],
    ] as const) {
      expect(() => nameField(primary, secondary)).toThrow(MrzError);
    }
  });

  const components = fc.array(fc.string({ unit: fc.constantFrom(...Array.from('ABXYZ')), minLength: 1, maxLength: 20 }), { maxLength: 12 });

  test('properties: always 30 positions; truncated exactly when it does not fit; then a letter in position 30 and every word begins as it did', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...Array.from('ABXYZ')), minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 3 }),
        components,
        (primary, secondary) => {
          const whole = primary.join('<') + (secondary.length === 0 ? '' : `<<${secondary.join('<')}`);
          const { text, truncated } = nameField(primary, secondary);
          expect(text).toMatch(/^[A-Z<]{30}$/);
          expect(truncated).toBe(whole.length > 30);
          if (!truncated) return;
          expect(text).toMatch(/[A-Z]$/);
          const kept = text.split(/<+/);
          expect(
            [...primary, ...secondary].filter((word, at) => kept[at] !== undefined && !word.startsWith(kept[at])).length === 0 ||
              primary.length > 1,
          ).toBe(true);
          expect(nameField(primary, secondary)).toEqual({ text, truncated });
        },
      ),
    );
  });
});

describe('transliteration, Doc 9303-3 §4.6 and §6.A', () => {
  test.each(published.filter((entry) => entry.has('nameText')).map((entry) => [entry.section, entry] as const))('%s', (_section, entry) => {
    expect(nameComponents(entry.text('nameText')).primary).toEqual(entry.texts('componentsText'));
  });

  test('the table has the 134 Vietnamese letters, all in NFC, and agrees with Unicode wherever a letter decomposes', () => {
    expect(VIETNAMESE_LETTERS.size).toBe(134);
    for (const [letter, form] of VIETNAMESE_LETTERS) {
      expect(letter).toBe(letter.normalize('NFC'));
      expect(Array.from(letter)).toHaveLength(1);
      if (letter !== 'Đ' && letter !== 'đ') expect(letter.normalize('NFD').charAt(0).toUpperCase()).toBe(form);
    }
    expect(transliterate('ĐĐđd')).toBe('DDDD');
  });

  test('every Vietnamese syllable of marks loses them and nothing else', () => {
    expect(nameComponents('Nguyễn Thị Đào')).toEqual({ primary: ['NGUYEN'], secondary: ['THI', 'DAO'] });
    expect(nameComponents('Huỳnh Ngọc Quý').secondary).toEqual(['NGOC', 'QUY']);
    expect(transliterate('ƯỠNỢẴẶ')).toBe('UONOAA');
  });

  test('both apostrophes are omitted, hyphens separate, single-name people have no secondary identifier', () => {
    expect(nameComponents("H' Hen Niê")).toEqual({ primary: ['H'], secondary: ['HEN', 'NIE'] });
    expect(nameComponents('Y\u2019Moan Ênuôl').primary).toEqual(['YMOAN']);
    expect(nameComponents('Tôn-Nữ Hoa')).toEqual({ primary: ['TON', 'NU'], secondary: ['HOA'] });
    expect(nameComponents('Sùng')).toEqual({ primary: ['SUNG'], secondary: [] });
  });

  test.each([
    ['Eth for Đ', 'Ðào', 'U+00D0'],
    ['African D', 'Ɖào', 'U+0189'],
    ['Cyrillic a', 'Đ\u0430o', 'U+0430'],
    ['dotless i', 'Th\u0131', 'U+0131'],
    ['a combining mark (NFD)', 'Nguye\u0302n', 'U+0302'],
    ['full-width letter', 'Ａn', 'U+FF21'],
    ['a digit', 'An2', 'U+0032'],
    ['zero width joiner', 'A\u200dn', 'U+200D'],
    ['a lone surrogate', 'A\ud800', 'U+D800'],
    ['an emoji', 'A😀', 'U+1F600'],
    ['a filler', 'A<B', 'U+003C'],
  ])('refuses %s with its code point', (_what, name, codePoint) => {
    expect(() => transliterate(name)).toThrow(expect.objectContaining({ code: 'NAME_CHARACTER', detail: codePoint }) as Error);
  });

  test.each(['', ' ', 'An ', ' An', 'An  Bình', 'An-', '-An', 'An -Bình', "'"])('refuses the empty part in %j', (name) => {
    expect(() => nameComponents(name)).toThrow(expect.objectContaining({ code: 'NAME_STRUCTURE' }) as Error);
  });

  test('letters of other alphabets only as the profile allows them', () => {
    expect(() => transliterate('Čư')).toThrow(MrzError);
    expect(transliterate('Čư', new Map([['Č', 'C']]))).toBe('CU');
  });
});
