import { describe, expect, test } from 'vitest';
import {
  CARD_PROFILES,
  cccd2021,
  cccd2021Specimen,
  compareDates,
  expiryOf,
  formatDate,
  parseDate,
  plusYears,
  profileById,
  validateProfile,
  vietnameseDate,
} from './index.ts';

const copy = () => structuredClone(cccd2021) as unknown as Record<string, Record<string, unknown>>;

describe('card profiles are data', () => {
  test('the installed ones are valid, frozen and found by their ids', () => {
    for (const [id, profile] of CARD_PROFILES) {
      expect(profileById(id)).toBe(profile);
      expect(validateProfile(structuredClone(profile))).toEqual(profile);
      expect(Object.isFrozen(profile) && Object.isFrozen(profile.access.announces) && Object.isFrozen(profile.text)).toBe(true);
    }
    expect([cccd2021.specimen, cccd2021Specimen.specimen]).toEqual([false, true]);
    expect(() => profileById('toString')).toThrow(expect.objectContaining({ code: 'PROFILE_UNKNOWN' }) as Error);
  });

  test.each<[string, (profile: Record<string, Record<string, unknown>>) => void]>([
    ['an unknown key', (p) => Object.assign(p, { colour: 'blue' })],
    ['a missing key', (p) => delete p['access']],
    ['EF.SOD before other files', (p) => Object.assign(p, { files: [...cccd2021.files].toReversed() })],
    ['a file written twice', (p) => Object.assign(p, { files: ['EF.COM', ...cccd2021.files] })],
    ['a file that nobody can write', (p) => Object.assign(p, { files: ['EF.DG99', ...cccd2021.files] })],
    ['a data group in EF.COM that is not written', (p) => Object.assign(p['com'] ?? {}, { dataGroups: [1, 2, 11, 13, 15, 14] })],
    ['a data group written that EF.COM does not list', (p) => Object.assign(p['com'] ?? {}, { dataGroups: [1, 2, 13, 15] })],
    ['PACE passwords without PACE', (p) => Object.assign(p['access'] ?? {}, { announces: [] })],
    [
      'no way to open the chip',
      (p) => Object.assign(p, { access: { bac: false, pacePasswords: [], announces: [] }, files: cccd2021.files.slice(1) }),
    ],
    [
      'Terminal Authentication of an unknown protocol',
      (p) => Object.assign(p['access'] ?? {}, { announces: [{ kind: 'PACEInfo', protocol: 'x', version: 2 }] }),
    ],
    ['DG13 rows out of order', (p) => Object.assign(p['dg13'] ?? {}, { rows: cccd2021.dg13?.rows.toReversed() })],
    ['ages out of order', (p) => Object.assign(p['validity'] ?? {}, { ages: [40, 25] })],
    ['SHA-1', (p) => Object.assign(p['algorithms'] ?? {}, { sod: { ...cccd2021.algorithms.sod, digest: 'SHA-1' } })],
    ['RSA-1024', (p) => Object.assign(p['algorithms'] ?? {}, { activeAuthentication: { kind: 'rsa', bits: 1024, digest: 'SHA-256' } })],
  ])('%s is refused with its path', (_what, change) => {
    const profile = copy();
    change(profile);
    expect(() => validateProfile(profile)).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID', where: expect.stringMatching(/^\//) as string }) as Error,
    );
  });

  test.each([null, undefined, 1, 'cccd-2021', []])('%j is no profile', (value) => {
    expect(() => validateProfile(value)).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }) as Error);
  });
});

describe('dates by the calendar', () => {
  test.each(['2024-02-29', '2000-02-29', '1990-12-31'])('%s is one', (text) => {
    const date = parseDate(text);
    expect(date && formatDate(date)).toBe(text);
  });

  test.each([
    '2025-02-30',
    '2023-02-29',
    '1900-02-29',
    '0000-00-00',
    '2021-13-01',
    '2021-00-10',
    '2021-04-31',
    '31/12/1990',
    '1990-1-1',
    '1990-01-01T00:00:00Z',
    '90-01-01',
    ' 1990-01-01',
    '１990-01-01',
    '',
  ])('%j is none', (text) => expect(parseDate(text)).toBeUndefined());

  test('29 February in a year that has none falls where the rule says', () => {
    const born = { year: 2000, month: 2, day: 29 };
    expect([plusYears(born, 25, 'february-28'), plusYears(born, 25, 'march-1'), plusYears(born, 40, 'march-1')].map(formatDate)).toEqual([
      '2025-02-28',
      '2025-03-01',
      '2040-02-29',
    ]);
  });

  test('order, and the form of the card', () => {
    expect(compareDates({ year: 2021, month: 5, day: 10 }, { year: 2021, month: 5, day: 9 })).toBeGreaterThan(0);
    expect(vietnameseDate({ year: 1990, month: 2, day: 15 })).toBe('15/02/1990');
  });
});

describe('the age rule 25, 40, 60 with two years of grace (Law 59/2014 art. 21)', () => {
  const rule = cccd2021.validity;
  test.each<[string, string, string | null, string]>([
    ['1990-02-15', '2021-05-10', '2030-02-15', 'at 31 to the fortieth birthday'],
    ['2000-06-15', '2021-05-10', '2025-06-15', 'at 20 to the twenty-fifth'],
    ['2000-06-15', '2023-06-14', '2025-06-15', 'two years and a day before: still to the twenty-fifth'],
    ['2000-06-15', '2023-06-15', '2040-06-15', 'exactly two years before: to the fortieth'],
    ['2000-06-15', '2025-06-15', '2040-06-15', 'on the birthday itself'],
    ['1961-05-11', '2019-05-10', '2021-05-11', 'two years and a day before sixty'],
    ['1961-05-11', '2019-05-11', null, 'within two years before sixty: no expiry'],
    ['1955-07-20', '2021-05-10', null, 'after sixty: no expiry'],
    ['2000-02-29', '2021-05-10', '2025-02-28', 'born on 29 February'],
    ['2000-02-29', '2023-02-27', '2025-02-28', 'born on 29 February, two years and a day before the 28th'],
    ['2000-02-29', '2023-02-28', '2040-02-29', 'born on 29 February, exactly two years before: to a leap year'],
    ['2000-02-29', '2038-02-27', '2040-02-29', 'a day more than two years before a birthday on 29 February'],
    ['2000-02-29', '2038-02-28', '2060-02-29', 'two years before it, on the last of February'],
  ])('born %s, issued %s: %s (%s)', (birth, issue, expiry, _why) => {
    expect(expiryOf(rule, birth, issue)).toBe(expiry);
  });

  test('no rule for what is no date', () => expect(expiryOf(rule, '1990-02-30', '2021-05-10')).toBeUndefined());
});
