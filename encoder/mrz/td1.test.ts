import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadVectors, vector } from '#test-vectors';
import { checkDigit, encodeTd1, MrzError, mrzInformation, parseTd1, splitTd1, type Td1 } from './index.ts';

const published = loadVectors('mrz').filter(({ id }) => id.startsWith('mrz.td1.'));
const ericsson = vector('mrz', 'mrz.td1.ericsson').texts('linesText');

describe('TD1, published samples', () => {
  test.each(published.filter(({ negative }) => negative !== true).map((entry) => [entry.id, entry] as const))(
    '%s is read, written back the same, and gives the BAC input',
    (_id, entry) => {
      const lines = entry.texts('linesText');
      expect(encodeTd1(parseTd1(lines))).toEqual({ lines, truncated: false });
      expect(mrzInformation(lines)).toBe(entry.text('mrzInformationText'));
    },
  );

  test.each(published.filter(({ negative }) => negative === true).map((entry) => [entry.id, entry] as const))(
    '%s is printed with a wrong composite check digit and is refused',
    (_id, entry) => {
      expect(() => parseTd1(entry.texts('linesText'))).toThrow(/MRZ_CHECK_DIGIT.*line 2, position 30/);
    },
  );

  test('Doc 9303-11 D.2: the BAC input does not depend on the misprinted composite check digit', () => {
    const entry = vector('mrz', 'mrz.td1.ericsson-d2');
    expect(mrzInformation(entry.texts('linesText'))).toBe(entry.text('mrzInformationText'));
  });
});

describe('TD1 refuses', () => {
  const mutate = (line: number, at: number, character: string) =>
    ericsson.map((text, index) => (index === line ? text.slice(0, at) + character + text.slice(at + 1) : text));

  test.each([
    ['two lines', ericsson.slice(0, 2), 'MRZ_LENGTH'],
    ['four lines', [...ericsson, ''], 'MRZ_LENGTH'],
    ['a short line', [ericsson[0] ?? '', (ericsson[1] ?? '').slice(1), ericsson[2] ?? ''], 'MRZ_LENGTH'],
    ['lower case', mutate(2, 0, 'e'), 'MRZ_CHARACTER'],
    ['a space for a filler', mutate(2, 29, ' '), 'MRZ_CHARACTER'],
    ['a wrong document number', mutate(0, 6, '9'), 'MRZ_CHECK_DIGIT'],
    ['a wrong birth date', mutate(1, 0, '8'), 'MRZ_CHECK_DIGIT'],
    ['a wrong expiry date', mutate(1, 9, '9'), 'MRZ_CHECK_DIGIT'],
    ['changed optional data', mutate(0, 20, 'X'), 'MRZ_CHECK_DIGIT'],
    ['a document code that no TD1 has', mutate(0, 0, 'P'), 'MRZ_FIELD'],
    ['a sex that is none', mutate(1, 7, 'X'), 'MRZ_FIELD'],
    ['a name with a digit', mutate(2, 3, '0'), 'MRZ_FIELD'],
    ['a name that starts with a filler', mutate(2, 0, '<'), 'MRZ_FIELD'],
    ['a third identifier', mutate(2, 15, '<'), 'MRZ_FIELD'],
  ])('%s', (_what, lines, code) => {
    expect(() => parseTd1(lines)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('an error never repeats what stands in the zone', () => {
    for (let line = 0; line < 3; line += 1) {
      for (let at = 0; at < 30; at += 1) {
        try {
          parseTd1(mutate(line, at, '7'));
        } catch (error) {
          expect(JSON.stringify(error) + String(error)).not.toMatch(/ERIKSSON|ANNA|D23145890|740812/);
        }
      }
    }
  });

  test('90 characters are cut into three lines, any other number is refused', () => {
    expect(splitTd1(ericsson.join(''))).toEqual(ericsson);
    expect(() => splitTd1(ericsson.join('').slice(1))).toThrow(MrzError);
  });
});

const letter = fc.constantFrom(...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ'));
const word = fc.string({ unit: letter, minLength: 1, maxLength: 6 });
const alphanumeric = fc.constantFrom(...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'));
const date = fc
  .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(''));
const td1 = fc.record<Td1>({
  documentCode: fc.constantFrom('I', 'ID', 'AX', 'C'),
  issuingState: fc.constantFrom('VNM', 'UTO', 'D'),
  documentNumber: fc.oneof(
    fc.string({ unit: alphanumeric, minLength: 1, maxLength: 9 }),
    fc.string({ unit: alphanumeric, minLength: 10, maxLength: 20 }),
  ),
  optionalData1: fc.constant(''),
  dateOfBirth: date,
  sex: fc.constantFrom('M', 'F', '<'),
  dateOfExpiry: date,
  nationality: fc.constantFrom('VNM', 'UTO', 'D'),
  optionalData2: fc.string({ unit: alphanumeric, maxLength: 11 }),
  primaryIdentifier: fc.array(word, { minLength: 1, maxLength: 2 }),
  secondaryIdentifier: fc.array(word, { maxLength: 2 }),
});

describe('TD1 refuses to write', () => {
  const sound = parseTd1(ericsson);

  test.each<[string, Partial<Td1>]>([
    ['a document number that its optional data have no room for', { documentNumber: 'A'.repeat(23) }],
    ['a long document number beside optional data that do not fit', { documentNumber: 'A'.repeat(20), optionalData1: 'ABC' }],
    ['a filler in the part that continues', { documentNumber: 'ABCDEFGHIJ<K' }],
    ['an empty document number', { documentNumber: '' }],
    ['a document number that ends with a filler', { documentNumber: 'AB<' }],
    ['optional data that end with a filler', { optionalData2: 'A<' }],
    ['a thirteenth month', { dateOfBirth: '741301' }],
    ['an unknown date of expiry', { dateOfExpiry: '12<<<<' }],
    ['the code of a passport', { documentCode: 'P' }],
    ['a State with a digit', { issuingState: 'V1' }],
    ['an empty nationality', { nationality: '' }],
  ])('%s', (_what, change) => {
    expect(() => encodeTd1({ ...sound, ...change })).toThrow(expect.objectContaining({ code: 'MRZ_FIELD' }) as Error);
  });
});

describe('TD1 properties', () => {
  test('lines that are read are written back the same', () => {
    fc.assert(
      fc.property(td1, fc.nat(2), fc.nat(29), fc.constantFrom(...Array.from('A<9')), (value, line, at, character) => {
        const changed = encodeTd1(value).lines.map((text, index) =>
          index === line ? text.slice(0, at) + character + text.slice(at + 1) : text,
        );
        let read: Td1;
        try {
          read = parseTd1(changed);
        } catch {
          return;
        }
        expect(encodeTd1(read).lines).toEqual(changed);
      }),
      { numRuns: 500 },
    );
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(td1, (value) => {
        const { lines, truncated } = encodeTd1(value);
        expect(truncated).toBe(false);
        expect(parseTd1(lines)).toEqual(value);
      }),
    );
  });

  test('one changed character under a check digit is found unless its value is the same modulo 10', () => {
    fc.assert(
      fc.property(td1, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 9 }), (value, at, step) => {
        const { lines } = encodeTd1(value);
        const digit = (Number(lines[1].charAt(at)) + step) % 10;
        const changed = lines[1].slice(0, at) + String(digit) + lines[1].slice(at + 1);
        expect(() => parseTd1([lines[0], changed, lines[2]])).toThrow(MrzError);
      }),
    );
  });

  test('any text gives a value or an MrzError, nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...Array.from('AZ09<aé ')), minLength: 29, maxLength: 31 }), { maxLength: 4 }),
        (lines) => {
          try {
            parseTd1(lines);
          } catch (error) {
            expect(error).toBeInstanceOf(MrzError);
          }
        },
      ),
    );
  });

  test('the composite check digit covers what Doc 9303-5 §4.2.4 lists', () => {
    const [line1 = '', line2 = ''] = ericsson;
    expect(checkDigit(line1.slice(5) + line2.slice(0, 7) + line2.slice(8, 15) + line2.slice(18, 29))).toBe(line2.slice(29));
  });
});
