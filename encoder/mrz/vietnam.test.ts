import { describe, expect, test } from 'vitest';
import { loadVectors } from '#test-vectors';
import { canFor, mrzFor, MrzError, mrzInformation, parseTd1, personalNumberOf, VIETNAM_MRZ, type MrzHolder } from './index.ts';

const cards = loadVectors('mrz').filter(({ id }) => id.startsWith('mrz.vietnam.'));

describe('the zone of the Vietnamese card', () => {
  test.each(cards.map((entry) => [entry.id, entry] as const))('%s: lines, BAC input and CAN', (_id, entry) => {
    const expiry = entry.text('dateOfExpiryText');
    const holder: MrzHolder = {
      personalNumber: entry.text('personalNumberText'),
      fullName: entry.text('fullNameText'),
      dateOfBirth: entry.text('dateOfBirthText'),
      sex: entry.text('sexText') as 'male' | 'female',
      nationality: 'VNM',
      dateOfExpiry: expiry === '' ? null : expiry,
    };
    const { lines, truncated } = mrzFor(holder);
    expect(lines).toEqual(entry.texts('linesText'));
    expect(truncated).toBe(false);
    expect(mrzInformation(lines)).toBe(entry.text('mrzInformationText'));
    expect(canFor(holder)).toBe(entry.text('canText'));
    expect(canFor(lines)).toBe(entry.text('canText'));
    expect(personalNumberOf(lines)).toBe(holder.personalNumber);
  });

  test('all three synthetic cards are there', () => expect(cards).toHaveLength(3));
});

const holder: MrzHolder = {
  personalNumber: '001190000123',
  fullName: 'Nguyễn Thị Đào',
  dateOfBirth: '1990-02-15',
  sex: 'female',
  nationality: 'VNM',
  dateOfExpiry: '2030-02-15',
};

describe('the zone of the Vietnamese card, edges', () => {
  test('a single name fills the line; a long one is cut and flagged', () => {
    expect(mrzFor({ ...holder, fullName: 'Sùng' }).lines[2]).toBe('SUNG'.padEnd(30, '<'));
    const long = mrzFor({ ...holder, fullName: 'Công Tằng Tôn Nữ Thị Hoàng Phương Thanh' });
    expect(long.truncated).toBe(true);
    expect(long.lines[2]).toMatch(/^[A-Z<]{29}[A-Z]$/);
    expect(() => parseTd1(long.lines)).not.toThrow();
  });

  test('no expiry is 991231 with check digit 5', () => {
    expect(mrzFor({ ...holder, dateOfExpiry: null }).lines[1].slice(8, 15)).toBe('9912315');
  });

  test.each(['00119000012', '0011900001234', '00119000012A', '００1190000123', ' 01190000123', ''])(
    'refuses the number %j without repeating it',
    (personalNumber) => {
      expect(() => mrzFor({ ...holder, personalNumber })).toThrow(
        expect.objectContaining({ code: 'MRZ_FIELD', where: 'personalNumber' }) as Error,
      );
      expect(() => canFor({ personalNumber })).toThrow(MrzError);
    },
  );

  test.each(['1990-2-15', '15/02/1990', '1990-13-01', '1990-00-10', '1990-01-32', '1990-02-15T00:00:00Z', ''])(
    'refuses the date %j',
    (date) => {
      expect(() => mrzFor({ ...holder, dateOfBirth: date })).toThrow(expect.objectContaining({ where: 'dateOfBirth' }) as Error);
      expect(() => mrzFor({ ...holder, dateOfExpiry: date })).toThrow(expect.objectContaining({ where: 'dateOfExpiry' }) as Error);
    },
  );

  test('a plain TD1 zone, or one whose two numbers differ, has no personal number and no CAN', () => {
    const { lines } = mrzFor(holder);
    const plain = ['I<UTOD231458907<<<<<<<<<<<<<<<', '7408122F1204159UTO<<<<<<<<<<<6', 'ERIKSSON<<ANNA<MARIA<<<<<<<<<<'];
    expect(() => canFor(plain)).toThrow(expect.objectContaining({ code: 'MRZ_NATIONAL_NUMBER' }) as Error);
    // Another document number with its own right check digit, and a right composite: only the national rule is broken.
    const other = mrzFor({ ...holder, personalNumber: '001190000124' }).lines;
    const mixed = lines[0].slice(0, 5) + other[0].slice(5, 15) + lines[0].slice(15);
    expect(() => personalNumberOf([mixed, lines[1], lines[2]])).toThrow(MrzError);
  });

  test('a rule is a datum: letters that the profile does not list are refused', () => {
    expect(mrzFor({ ...holder, fullName: 'Rơ Čăm' }).lines[2]).toMatch(/^RO<<CAM</);
    expect(() => mrzFor({ ...holder, fullName: 'Rơ Čăm' }, { ...VIETNAM_MRZ, furtherLetters: {} })).toThrow(MrzError);
  });
});
