import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadVectors, vector } from '#test-vectors';
import { encodeTd3, MrzError, mrzInformationTd3, parseTd3, splitTd3, type Td3, type UnusedCheckDigit } from './index.ts';

const published = loadVectors('mrz').filter(({ id }) => id.startsWith('mrz.td3.'));
const [line1 = '', line2 = ''] = vector('mrz', 'mrz.td3.ericsson').texts('linesText');
const eriksson: Td3 = {
  documentCode: 'PP',
  issuingState: 'UTO',
  primaryIdentifier: ['ERIKSSON'],
  secondaryIdentifier: ['ANNA', 'MARIA'],
  passportNumber: 'L898902C3',
  nationality: 'UTO',
  dateOfBirth: '740812',
  sex: 'F',
  dateOfExpiry: '340415',
  personalNumber: 'ZE184226B',
};
const cases = (prefix: string) => published.filter(({ id }) => id.startsWith(prefix)).map((entry) => [entry.section, entry] as const);

describe('TD3, published samples', () => {
  test('Doc 9303-4 Appendix B: the fields give the lines, the lines give the fields and the BAC input', () => {
    expect(encodeTd3(eriksson)).toEqual({ lines: [line1, line2], truncated: false });
    expect(parseTd3([line1, line2])).toEqual(eriksson);
    expect(mrzInformationTd3([line1, line2])).toBe('L898902C3674081223404159');
    expect(splitTd3(line1 + line2)).toEqual([line1, line2]);
  });

  test('Doc 9303-3 Figure 1: read and written back the same', () => {
    const lines = vector('mrz', 'mrz.td3.ericsson-figure-1').texts('linesText');
    expect(parseTd3(lines)).toEqual({ ...eriksson, dateOfExpiry: '120415' });
    expect(encodeTd3(parseTd3(lines)).lines).toEqual(lines);
  });

  test('Doc 9303-4 Figure A-2: the sample with 45 characters a line is refused', () => {
    const lines = vector('mrz', 'mrz.td3.ivanova').texts('linesText');
    const refusal = expect.objectContaining({ code: 'MRZ_LENGTH_TWO_LINES' }) as Error;
    expect(() => parseTd3(lines)).toThrow(refusal);
    expect(() => mrzInformationTd3(lines)).toThrow(refusal);
    expect(() => splitTd3(lines.join(''))).toThrow(refusal);
  });

  test('Doc 9303-3 Appendix A, Example 3: all check digits of the lower line, zero for an unused personal number', () => {
    const sample = vector('mrz', 'mrz.td3.line2').text('line2Text');
    const read = parseTd3([line1, sample]);
    expect(read).toMatchObject({ passportNumber: 'HA672242', nationality: 'YTO', sex: 'M', personalNumber: '' });
    expect(encodeTd3(read, '0').lines).toEqual([line1, sample]);
  });

  test('§4.2.2.2: a filler for the check digit of an unused personal number gives the same composite check digit', () => {
    const unused = { ...eriksson, personalNumber: '' };
    const [, filler] = encodeTd3(unused).lines;
    const [, zero] = encodeTd3(unused, '0').lines;
    expect(filler.slice(28, 43)).toBe('<'.repeat(15));
    expect(zero).toBe(`${filler.slice(0, 42)}0${filler.slice(43)}`);
    expect(parseTd3([line1, filler])).toEqual(unused);
    expect(parseTd3([line1, zero])).toEqual(unused);
  });

  test('§4.4: a passport without a second letter in its code is read', () => {
    expect(parseTd3([`P<${line1.slice(2)}`, line2]).documentCode).toBe('P');
  });
});

describe('names in 39 positions, Doc 9303-4 §4.2.3', () => {
  test.each(cases('mrz.td3.name.'))('%s', (_section, entry) => {
    const primaryIdentifier = entry.texts('primaryText');
    const secondaryIdentifier = entry.texts('secondaryText');
    const { lines, truncated } = encodeTd3({ ...eriksson, primaryIdentifier, secondaryIdentifier });
    expect(lines[0]).toBe(entry.text('line1Text'));
    if (!truncated) expect(parseTd3(lines)).toMatchObject({ primaryIdentifier, secondaryIdentifier });
  });

  test.each(cases('mrz.td3.truncated.'))('%s: another method of truncation is read; ours ends with a letter too', (_section, entry) => {
    const line = entry.text('line1Text');
    const names = [...entry.texts('primaryText'), ...entry.texts('secondaryText')];
    const read = parseTd3([line, line2]);
    for (const [at, kept] of [...read.primaryIdentifier, ...read.secondaryIdentifier].entries()) {
      expect(names[at]?.startsWith(kept)).toBe(true);
    }
    const ours = encodeTd3({
      ...eriksson,
      primaryIdentifier: entry.texts('primaryText'),
      secondaryIdentifier: entry.texts('secondaryText'),
    });
    expect(ours.truncated).toBe(true);
    expect(ours.lines[0]).toMatch(/^.{43}[A-Z]$/);
  });
});

describe('TD3 refuses', () => {
  const upper = (at: number, character: string) => [line1.slice(0, at) + character + line1.slice(at + 1), line2];
  const lower = (at: number, character: string) => [line1, line2.slice(0, at) + character + line2.slice(at + 1)];

  test.each([
    ['one line', [line1], 'MRZ_LENGTH_TWO_LINES'],
    ['three lines', [line1, line2, ''], 'MRZ_LENGTH_TWO_LINES'],
    ['a TD2 line', [line1.slice(0, 36), line2], 'MRZ_LENGTH_TWO_LINES'],
    ['lower case', upper(5, 'e'), 'MRZ_CHARACTER'],
    ['a space for a filler', upper(43, ' '), 'MRZ_CHARACTER'],
    ['a wrong passport number', lower(1, '9'), 'MRZ_CHECK_DIGIT'],
    ['a filler for the check digit of the passport number', lower(9, '<'), 'MRZ_CHECK_DIGIT'],
    ['a wrong birth date', lower(13, '8'), 'MRZ_CHECK_DIGIT'],
    ['a wrong expiry date', lower(22, '9'), 'MRZ_CHECK_DIGIT'],
    ['a wrong personal number', lower(28, 'X'), 'MRZ_CHECK_DIGIT'],
    ['a filler for the check digit of a personal number', lower(42, '<'), 'MRZ_CHECK_DIGIT'],
    ['a wrong composite check digit', lower(43, '7'), 'MRZ_CHECK_DIGIT'],
    ['an identity card', upper(0, 'I'), 'MRZ_FIELD'],
    ['a State with a digit', upper(2, '7'), 'MRZ_FIELD'],
    ['a nationality with a digit', lower(10, '7'), 'MRZ_FIELD'],
    ['a sex that is none', lower(20, 'X'), 'MRZ_FIELD'],
    ['a name with a digit', upper(7, '0'), 'MRZ_FIELD'],
    ['a name that starts with a filler', upper(5, '<'), 'MRZ_FIELD'],
    ['a third identifier', upper(27, 'X'), 'MRZ_FIELD'],
  ])('%s', (_what, lines, code) => {
    expect(() => parseTd3(lines)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test.each<[string, Partial<Td3>]>([
    ['a passport number of ten characters', { passportNumber: 'A'.repeat(10) }],
    ['an empty passport number', { passportNumber: '' }],
    ['a passport number that ends with a filler', { passportNumber: 'AB<' }],
    ['a personal number of fifteen characters', { personalNumber: '1'.repeat(15) }],
    ['a personal number that ends with a filler', { personalNumber: 'A<' }],
    ['a thirteenth month', { dateOfBirth: '741301' }],
    ['an unknown date of expiry', { dateOfExpiry: '12<<<<' }],
    ['a document code that is not a passport', { documentCode: 'ID' }],
    ['an empty nationality', { nationality: '' }],
  ])('to write %s', (_what, change) => {
    expect(() => encodeTd3({ ...eriksson, ...change })).toThrow(expect.objectContaining({ code: 'MRZ_FIELD' }) as Error);
  });

  test('an error never repeats what stands in the zone', () => {
    for (let at = 0; at < 44; at += 1) {
      for (const lines of [upper(at, '7'), lower(at, '7')]) {
        try {
          parseTd3(lines);
        } catch (error) {
          expect(JSON.stringify(error) + String(error)).not.toMatch(/ERIKSSON|ANNA|L898902C3|ZE184226B|740812/);
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
const td3 = fc.record<Td3>({
  documentCode: fc.constantFrom('P', 'PP', 'PD'),
  issuingState: fc.constantFrom('VNM', 'UTO', 'D'),
  primaryIdentifier: fc.array(word, { minLength: 1, maxLength: 2 }),
  secondaryIdentifier: fc.array(word, { maxLength: 2 }),
  passportNumber: code(9, 1),
  nationality: fc.constantFrom('VNM', 'UTO', 'D'),
  dateOfBirth: dateOf([fc.oneof(two(99), unknown), fc.oneof(two(12), unknown), fc.oneof(two(31), unknown)]),
  sex: fc.constantFrom('M', 'F', '<'),
  dateOfExpiry: dateOf([two(99), two(12), two(31)]),
  personalNumber: code(14),
});
const unusedCheckDigit = fc.constantFrom<UnusedCheckDigit>('<', '0');

describe('TD3 properties', () => {
  test('what is written is read back, and its BAC input is the passport number and both dates', () => {
    fc.assert(
      fc.property(td3, unusedCheckDigit, (value, unused) => {
        const { lines, truncated } = encodeTd3(value, unused);
        expect(truncated).toBe(false);
        expect(parseTd3(lines)).toEqual(value);
        expect(mrzInformationTd3(lines)).toMatch(
          new RegExp(`^${value.passportNumber.padEnd(9, '<')}\\d${value.dateOfBirth}\\d${value.dateOfExpiry}\\d$`),
        );
      }),
    );
  });

  test('one changed digit of the date of expiry is found', () => {
    fc.assert(
      fc.property(td3, fc.integer({ min: 21, max: 26 }), fc.integer({ min: 1, max: 9 }), (value, at, step) => {
        const [upper, lower] = encodeTd3(value).lines;
        const digit = (Number(lower.charAt(at)) + step) % 10;
        expect(() => parseTd3([upper, lower.slice(0, at) + String(digit) + lower.slice(at + 1)])).toThrow(MrzError);
      }),
    );
  });

  test('any text gives a value or an MrzError, nothing else', () => {
    const line = fc.string({ unit: fc.constantFrom(...Array.from('AZ09<aé ')), minLength: 43, maxLength: 45 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 3 }), (lines) => {
        for (const read of [parseTd3, mrzInformationTd3]) {
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
      fc.property(td3, fc.integer({ min: 0, max: 43 }), fc.constantFrom(...Array.from('A<9')), (value, at, character) => {
        const [upper, lower] = encodeTd3(value).lines;
        const changed = [upper.slice(0, at) + character + upper.slice(at + 1), lower];
        let read: Td3;
        try {
          read = parseTd3(changed);
        } catch {
          return;
        }
        expect(encodeTd3(read).lines).toEqual(changed);
      }),
    );
  });
});
