import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadVectors, vector } from '#test-vectors';
import { encodeTd2, MrzError, mrzInformationTd2, parseTd2, splitTd2, type Td2 } from './index.ts';

const published = loadVectors('mrz').filter(({ id }) => id.startsWith('mrz.td2.'));
const [line1 = '', line2 = ''] = vector('mrz', 'mrz.td2.ericsson').texts('linesText');
const eriksson: Td2 = {
  documentCode: 'I',
  issuingState: 'UTO',
  primaryIdentifier: ['ERIKSSON'],
  secondaryIdentifier: ['ANNA', 'MARIA'],
  documentNumber: 'D23145890',
  nationality: 'UTO',
  dateOfBirth: '740812',
  sex: 'F',
  dateOfExpiry: '120415',
  optionalData: '',
};
const cases = (prefix: string) => published.filter(({ id }) => id.startsWith(prefix)).map((entry) => [entry.section, entry] as const);

describe('TD2, published samples', () => {
  test('Doc 9303-6 Appendix B: the fields give the lines, the lines give the fields and the BAC input', () => {
    expect(encodeTd2(eriksson)).toEqual({ lines: [line1, line2], truncated: false });
    expect(parseTd2([line1, line2])).toEqual(eriksson);
    expect(mrzInformationTd2([line1, line2])).toBe('D23145890774081221204159');
  });

  test('Doc 9303-11 D.2: a document number of twelve characters is read and written whole', () => {
    const entry = vector('mrz', 'mrz.td2.stevenson');
    const read = parseTd2(entry.texts('linesText'));
    expect(read).toMatchObject({ documentNumber: 'D23145890734', optionalData: '' });
    expect(encodeTd2(read).lines).toEqual(entry.texts('linesText'));
    expect(mrzInformationTd2(entry.texts('linesText'))).toBe(entry.text('mrzInformationText'));
  });

  test('Doc 9303-11 D.2: the misprinted composite check digit is refused, the BAC input does not depend on it', () => {
    const entry = vector('mrz', 'mrz.td2.ericsson-d2');
    expect(() => parseTd2(entry.texts('linesText'))).toThrow(/MRZ_CHECK_DIGIT.*line 2, position 36/);
    expect(mrzInformationTd2(entry.texts('linesText'))).toBe(entry.text('mrzInformationText'));
  });

  test('Doc 9303-10 A.2.2: the sample of 81 characters is refused', () => {
    const printed = vector('mrz', 'mrz.td2.smith').text('printedText');
    expect(() => splitTd2(printed)).toThrow(expect.objectContaining({ code: 'MRZ_LENGTH_TWO_LINES' }) as Error);
    expect(splitTd2(line1 + line2)).toEqual([line1, line2]);
  });

  test('Doc 9303-3 Appendix A, Example 5: all check digits of the lower line', () => {
    const sample = vector('mrz', 'mrz.td2.line2').text('line2Text');
    const read = parseTd2([line1, sample]);
    expect(read).toMatchObject({ documentNumber: 'HA672242', nationality: 'YTO', sex: 'M', optionalData: '' });
    expect(encodeTd2(read).lines).toEqual([line1, sample]);
  });
});

describe('names in 31 positions, Doc 9303-6 §4.2.3', () => {
  test.each(cases('mrz.td2.name.'))('%s', (_section, entry) => {
    const primaryIdentifier = entry.texts('primaryText');
    const secondaryIdentifier = entry.texts('secondaryText');
    const { lines, truncated } = encodeTd2({ ...eriksson, primaryIdentifier, secondaryIdentifier });
    expect(lines[0]).toBe(entry.text('line1Text'));
    if (!truncated) expect(parseTd2(lines)).toMatchObject({ primaryIdentifier, secondaryIdentifier });
  });

  test.each(cases('mrz.td2.truncated.'))('%s: another method of truncation is read; ours ends with a letter too', (_section, entry) => {
    const line = entry.text('line1Text');
    const names = [...entry.texts('primaryText'), ...entry.texts('secondaryText')];
    const read = parseTd2([line, line2]);
    for (const [at, kept] of [...read.primaryIdentifier, ...read.secondaryIdentifier].entries()) {
      expect(names[at]?.startsWith(kept)).toBe(true);
    }
    const ours = encodeTd2({
      ...eriksson,
      primaryIdentifier: entry.texts('primaryText'),
      secondaryIdentifier: entry.texts('secondaryText'),
    });
    expect(ours.truncated).toBe(true);
    expect(ours.lines[0]).toMatch(/^.{35}[A-Z]$/);
  });
});

describe('TD2 refuses', () => {
  const upper = (at: number, character: string) => [line1.slice(0, at) + character + line1.slice(at + 1), line2];
  const lower = (at: number, character: string) => [line1, line2.slice(0, at) + character + line2.slice(at + 1)];

  test.each([
    ['one line', [line1], 'MRZ_LENGTH_TWO_LINES'],
    ['three lines', [line1, line2, ''], 'MRZ_LENGTH_TWO_LINES'],
    ['a TD3 line', [line1, `${line2}<<<<<<<<`], 'MRZ_LENGTH_TWO_LINES'],
    ['lower case', upper(5, 'e'), 'MRZ_CHARACTER'],
    ['a space for a filler', upper(35, ' '), 'MRZ_CHARACTER'],
    ['a wrong document number', lower(1, '9'), 'MRZ_CHECK_DIGIT'],
    ['a wrong birth date', lower(13, '8'), 'MRZ_CHECK_DIGIT'],
    ['a wrong expiry date', lower(22, '9'), 'MRZ_CHECK_DIGIT'],
    ['changed optional data', lower(28, 'X'), 'MRZ_CHECK_DIGIT'],
    ['a wrong composite check digit', lower(35, '7'), 'MRZ_CHECK_DIGIT'],
    ['a long document number that does not continue', lower(9, '<'), 'MRZ_FIELD'],
    ['a passport', upper(0, 'P'), 'MRZ_FIELD'],
    ['a visa code (note k)', upper(1, 'V'), 'MRZ_FIELD'],
    ['a State with a digit', upper(2, '7'), 'MRZ_FIELD'],
    ['a nationality with a digit', lower(10, '7'), 'MRZ_FIELD'],
    ['a sex that is none', lower(20, 'X'), 'MRZ_FIELD'],
    ['a name with a digit', upper(7, '0'), 'MRZ_FIELD'],
    ['a name that starts with a filler', upper(5, '<'), 'MRZ_FIELD'],
    ['a third identifier', upper(27, 'X'), 'MRZ_FIELD'],
  ])('%s', (_what, lines, code) => {
    expect(() => parseTd2(lines)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test.each<[string, Partial<Td2>]>([
    ['a document number that its optional data has no room for', { documentNumber: 'A'.repeat(15) }],
    ['a long document number beside optional data that does not fit', { documentNumber: 'A'.repeat(12), optionalData: 'ABC' }],
    ['a filler in the part that continues', { documentNumber: 'ABCDEFGHIJ<K' }],
    ['an empty document number', { documentNumber: '' }],
    ['a document number that ends with a filler', { documentNumber: 'AB<' }],
    ['optional data that ends with a filler', { optionalData: 'A<' }],
    ['a thirteenth month', { dateOfBirth: '741301' }],
    ['an unknown date of expiry', { dateOfExpiry: '12<<<<' }],
    ['crew member code AC', { documentCode: 'AC' }],
    ['an empty nationality', { nationality: '' }],
  ])('to write %s', (_what, change) => {
    expect(() => encodeTd2({ ...eriksson, ...change })).toThrow(expect.objectContaining({ code: 'MRZ_FIELD' }) as Error);
  });

  test('an error never repeats what stands in the zone', () => {
    for (let at = 0; at < 36; at += 1) {
      for (const lines of [upper(at, '7'), lower(at, '7')]) {
        try {
          parseTd2(lines);
        } catch (error) {
          expect(JSON.stringify(error) + String(error)).not.toMatch(/ERIKSSON|ANNA|D23145890|740812/);
        }
      }
    }
  });
});

const word = fc.string({ unit: fc.constantFrom(...Array.from('ABCXYZ')), minLength: 1, maxLength: 6 });
const code = (maxLength: number, minLength = 0) => fc.string({ unit: fc.constantFrom(...Array.from('AZ09')), minLength, maxLength });
const two = (max: number) => fc.integer({ min: 1, max }).map((value) => String(value).padStart(2, '0'));
const unknown = fc.constant('<<');
const dateOf = (part: fc.Arbitrary<string>[]) => fc.tuple(...part).map((parts) => parts.join(''));
const numbers = fc.oneof(
  fc.record({ documentNumber: code(9, 1), optionalData: code(7) }),
  fc.record({ documentNumber: code(12, 10), optionalData: code(2) }),
  fc.record({ documentNumber: code(14, 13), optionalData: fc.constant('') }),
);
const td2: fc.Arbitrary<Td2> = fc
  .tuple(
    numbers,
    fc.record({
      documentCode: fc.constantFrom('I', 'ID', 'AX', 'C'),
      issuingState: fc.constantFrom('VNM', 'UTO', 'D'),
      primaryIdentifier: fc.array(word, { minLength: 1, maxLength: 2 }),
      secondaryIdentifier: fc.array(word, { maxLength: 2 }),
      nationality: fc.constantFrom('VNM', 'UTO', 'D'),
      dateOfBirth: dateOf([fc.oneof(two(99), unknown), fc.oneof(two(12), unknown), fc.oneof(two(31), unknown)]),
      sex: fc.constantFrom('M' as const, 'F' as const, '<' as const),
      dateOfExpiry: dateOf([two(99), two(12), two(31)]),
    }),
  )
  .map(([number, others]) => ({ ...others, ...number }));

describe('TD2 properties', () => {
  test('what is written is read back, and its BAC input is the whole number and both dates', () => {
    fc.assert(
      fc.property(td2, (value) => {
        const { lines, truncated } = encodeTd2(value);
        expect(truncated).toBe(false);
        expect(parseTd2(lines)).toEqual(value);
        expect(mrzInformationTd2(lines).startsWith(value.documentNumber)).toBe(true);
        expect(mrzInformationTd2(lines)).toHaveLength(Math.max(9, value.documentNumber.length) + 1 + 7 + 7);
      }),
    );
  });

  test('one changed digit of the date of expiry is found', () => {
    fc.assert(
      fc.property(td2, fc.integer({ min: 21, max: 26 }), fc.integer({ min: 1, max: 9 }), (value, at, step) => {
        const [upper, lower] = encodeTd2(value).lines;
        const digit = (Number(lower.charAt(at)) + step) % 10;
        expect(() => parseTd2([upper, lower.slice(0, at) + String(digit) + lower.slice(at + 1)])).toThrow(MrzError);
      }),
    );
  });

  test('any text gives a value or an MrzError, nothing else', () => {
    const line = fc.string({ unit: fc.constantFrom(...Array.from('AZ09<aé ')), minLength: 35, maxLength: 37 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 3 }), (lines) => {
        for (const read of [parseTd2, mrzInformationTd2]) {
          try {
            read(lines);
          } catch (error) {
            expect(error).toBeInstanceOf(MrzError);
          }
        }
      }),
    );
  });

  test('lines that are read are written back the same', () => {
    fc.assert(
      fc.property(td2, fc.integer({ min: 0, max: 35 }), fc.constantFrom(...Array.from('A<9')), (value, at, character) => {
        const [upper, lower] = encodeTd2(value).lines;
        const changed = [upper.slice(0, at) + character + upper.slice(at + 1), lower];
        let read: Td2;
        try {
          read = parseTd2(changed);
        } catch {
          return;
        }
        expect(encodeTd2(read).lines).toEqual(changed);
      }),
    );
  });
});
