import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { ascii, concat, fromHex, uintBE } from '#encoder/bytes';
import { cccd2021, dg13Grammar, lintRecord, LINT_CODES, type CitizenRecord, type LintCode } from './index.ts';
import { specimenRecord } from './specimen.fixture.ts';

const TODAY = '2021-05-12';
let record: CitizenRecord;

beforeAll(async () => {
  record = await specimenRecord();
});

const lint = (changes: Record<string, unknown> = {}) => lintRecord(cccd2021, { ...record, ...changes }, TODAY);
const codes = (changes: Record<string, unknown>) => lint(changes).map(({ code, severity, field }) => `${severity} ${code} ${field}`);

test('a sound record has nothing to say', () => expect(lint()).toEqual([]));

test('the same record gives the same findings, and is not touched', () => {
  const frozen = Object.freeze({ ...record, fullName: 'Ðào', dateOfBirth: '1990-02-30' });
  expect(lintRecord(cccd2021, frozen, TODAY)).toEqual(lintRecord(cccd2021, frozen, TODAY));
});

describe('identity, bad-input §5.3', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['11 digits', { personalNumber: '00119000012' }, ['refusal PERSONAL_ID_FORMAT personalNumber']],
    ['13 digits', { personalNumber: '0011900001234' }, ['refusal PERSONAL_ID_FORMAT personalNumber']],
    ['full-width digits', { personalNumber: '００1190000123' }, ['refusal PERSONAL_ID_FORMAT personalNumber']],
    ['Arabic-Indic digits', { personalNumber: '٠٠1190000123' }, ['refusal PERSONAL_ID_FORMAT personalNumber']],
    ['a space', { personalNumber: '001190 00123' }, ['refusal PERSONAL_ID_FORMAT personalNumber']],
    ['a number type', { personalNumber: 1190000123 }, ['refusal FIELD_TYPE personalNumber']],
    ['male with a female digit: a warning only', { sex: 'male' }, ['warning PERSONAL_ID_INCONSISTENT personalNumber']],
    ['another year of birth: a warning only', { personalNumber: '001191000123' }, ['warning PERSONAL_ID_INCONSISTENT personalNumber']],
    ['another century', { personalNumber: '001390000123' }, ['warning PERSONAL_ID_INCONSISTENT personalNumber']],
    ['an old number of 10 digits', { oldIdentityNumber: '0123456789' }, ['refusal OLD_ID_FORMAT oldIdentityNumber']],
    ['an old number of 12 digits', { oldIdentityNumber: '001190000999' }, []],
    ['no old number', { oldIdentityNumber: null }, []],
    ['nationality XXX', { nationality: 'XXX' }, ['refusal NATIONALITY_UNDETERMINED nationality']],
    ['a stateless person', { nationality: 'XXA' }, ['refusal NATIONALITY_UNDETERMINED nationality']],
    ['no nationality', { nationality: '' }, ['refusal NATIONALITY_UNDETERMINED nationality']],
    ['lower-case nationality', { nationality: 'vnm' }, ['refusal CODE_UNKNOWN nationality']],
    ['another nationality', { nationality: 'UTO' }, ['refusal CODE_UNKNOWN nationality']],
    ['a name of Object.prototype', { nationality: 'constructor' }, ['refusal CODE_UNKNOWN nationality']],
    ['a third sex code', { sex: 'X' }, ['refusal CODE_UNKNOWN sex', 'warning PERSONAL_ID_INCONSISTENT personalNumber']],
    ['null for a text', { fullName: null }, ['refusal FIELD_TYPE fullName']],
    ['a text for a list', { spouses: 'Lê' }, ['refusal FIELD_TYPE spouses']],
    ['a text for an image', { portrait: '/9j/' }, ['refusal FIELD_TYPE portrait']],
  ])('%s', (_what, changes, expected) => expect(codes(changes).toSorted()).toEqual(expected.toSorted()));
});

describe('dates, bad-input §5.3', () => {
  test.each(['2025-02-30', '2023-02-29', '1900-02-29', '0000-00-00', '31/12/1990', '1990-02-15T00:00:00Z', '90-02-15', ''])(
    '%j is DATE_INVALID in every date',
    (date) => {
      for (const field of ['dateOfBirth', 'dateOfIssue', 'dateOfExpiry'])
        expect(codes({ [field]: date })).toEqual([`refusal DATE_INVALID ${field}`]);
    },
  );

  test.each<[string, Record<string, unknown>, string]>([
    ['born tomorrow', { dateOfBirth: '2021-05-13' }, 'dateOfBirth'],
    ['born 131 years ago', { dateOfBirth: '1890-01-01', dateOfExpiry: null }, 'dateOfBirth'],
    ['issued before birth', { dateOfIssue: '1989-01-01' }, 'dateOfIssue'],
    ['thirteen years old', { dateOfBirth: '2007-05-11', dateOfExpiry: '2032-05-11' }, 'dateOfIssue'],
    ['issued two years ahead', { dateOfIssue: '2023-05-13' }, 'dateOfIssue'],
    ['expired on the day of issue', { dateOfExpiry: '2021-05-10' }, 'dateOfExpiry'],
    ['a day off the rule', { dateOfExpiry: '2030-02-16' }, 'dateOfExpiry'],
    ['no expiry at 31', { dateOfExpiry: null }, 'dateOfExpiry'],
    ['an expiry at 65', { dateOfBirth: '1956-02-15', dateOfExpiry: '2036-02-15' }, 'dateOfExpiry'],
  ])('%s is DATE_IMPLAUSIBLE', (_what, changes, field) => {
    expect(codes(changes)).toContain(`refusal DATE_IMPLAUSIBLE ${field}`);
  });

  test('fourteen years to the day is old enough', () => {
    expect(codes({ personalNumber: '001307000123', dateOfBirth: '2007-05-10', dateOfExpiry: '2032-05-10' })).toEqual([]);
  });
});

describe('texts, bad-input §5.4', () => {
  test.each<[string, string, LintCode, string | undefined]>([
    ['NFD', 'Nguyễn'.normalize('NFD'), 'TEXT_NOT_NFC', 'position 5'],
    ['Eth', 'Nguyễn Ðào', 'CHAR_NOT_ALLOWED', 'U+00D0 at position 8; did you mean Đ (U+0110)?'],
    ['African D', 'Ɖào', 'CHAR_NOT_ALLOWED', 'U+0189 at position 1; did you mean Đ (U+0110)?'],
    ['Cyrillic a', 'Đ\u0430o', 'CHAR_NOT_ALLOWED', 'U+0430 at position 2'],
    ['Turkish dotless i', 'Th\u0131', 'CHAR_NOT_ALLOWED', 'U+0131 at position 3; did you mean i (U+0069)?'],
    ['full-width', 'Ａn', 'CHAR_NOT_ALLOWED', 'U+FF21 at position 1'],
    ['no-break space', 'An\u00a0Bình', 'CHAR_NOT_ALLOWED', 'U+00A0 at position 3; did you mean U+0020?'],
    ['zero width joiner', 'A\u200dn', 'CHAR_NOT_ALLOWED', 'U+200D at position 2'],
    ['right-to-left override', 'A\u202en', 'CHAR_NOT_ALLOWED', 'U+202E at position 2'],
    ['emoji', 'An 😀', 'CHAR_NOT_ALLOWED', 'U+1F600 at position 4'],
    ['lone surrogate', 'A\ud800', 'CHAR_NOT_ALLOWED', 'U+D800 at position 2'],
    ['NUL', 'A\u0000', 'CHAR_NOT_ALLOWED', 'U+0000 at position 2'],
    ['tab', 'A\tB', 'CHAR_NOT_ALLOWED', 'U+0009 at position 2'],
    ['private use', 'A\ue000', 'CHAR_NOT_ALLOWED', 'U+E000 at position 2'],
    ['a stack of marks', `A\u0323\u0331${'\u0331'.repeat(50)}`, 'TEXT_NOT_NFC', undefined],
    ['a digit', 'An 2', 'CHAR_NOT_ALLOWED', 'U+0032 at position 4'],
    ['SQL', 'An;DROP', 'CHAR_NOT_ALLOWED', 'U+003B at position 3'],
    ['a template', '{{7*7}}', 'CHAR_NOT_ALLOWED', 'U+007B at position 1'],
    ['a filler', 'An<Bình', 'CHAR_NOT_ALLOWED', 'U+003C at position 3'],
    ['a double space', 'An  Bình', 'TEXT_WHITESPACE', undefined],
    ['a leading space', ' An', 'TEXT_WHITESPACE', undefined],
    ['a trailing space', 'An ', 'TEXT_WHITESPACE', undefined],
    ['empty', '', 'FIELD_EMPTY', undefined],
    ['only spaces', '   ', 'FIELD_EMPTY', 'only spaces'],
    ['101 letters', 'A'.repeat(101), 'TEXT_TOO_LONG', '101 characters, 101 bytes; at most 100 characters'],
    ['a megabyte', 'A'.repeat(1_000_000), 'TEXT_TOO_LONG', undefined],
  ])('%s in a name', (_what, fullName, code, detail) => {
    const [found, ...others] = lint({ fullName });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ code, severity: 'refusal', field: 'fullName', ...(detail === undefined ? {} : { detail }) });
  });

  test.each(['Đóa', "H' Hen Niê", 'Y Bhiông Niê Kđăm', 'Tôn-Nữ Hoa', 'Rơ Čăm Hơ', 'Ỷ', 'hoà Hòa'])('%s is a name', (fullName) =>
    expect(lint({ fullName })).toEqual([]),
  );

  test('a name longer than the MRZ is a card with a warning', () => {
    expect(codes({ fullName: 'Công Tằng Tôn Nữ Nguyễn Phước Huyền Trân' })).toEqual(['warning MRZ_TRUNCATED fullName']);
  });

  test('every text is looked at, by its own list', () => {
    for (const field of ['ethnicity', 'religion', 'placeOfOrigin', 'personalMarks', 'placeOfResidence', 'father', 'mother']) {
      expect(codes({ [field]: 'Ðà' })).toEqual([`refusal CHAR_NOT_ALLOWED ${field}`]);
    }
    expect(codes({ spouses: ['Lê Thị A', 'Lê  B'] })).toEqual(['refusal TEXT_WHITESPACE spouses[1]']);
    expect(codes({ spouses: Array.from({ length: 5 }, () => 'Lê') })).toEqual(['refusal LIST_TOO_LONG spouses']);
    expect(codes({ placeOfResidence: 'Số 12/3-B (tầng 2), Tổ 5; P. "Mẫu"' })).toEqual([]);
    expect(codes({ placeOfResidence: 'a|b' })).toEqual(['refusal CHAR_NOT_ALLOWED placeOfResidence']);
  });

  test('no residence, whatever it is made of', () => {
    for (const placeOfResidence of ['', '  ']) expect(codes({ placeOfResidence })).toEqual(['refusal RESIDENCE_MISSING placeOfResidence']);
  });

  test('missing parents are no fault', () => expect(codes({ father: null, mother: null })).toEqual([]));
});

describe('images, bad-input §5.5', () => {
  const picture = (width = 480, height = 640) => sharp({ create: { width, height, channels: 3, background: '#8fa6c0' } });

  test('the portrait', async () => {
    const { portrait } = record;
    const noise = sharp({
      create: { width: 900, height: 1200, channels: 3, background: '#000', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
    });
    const cases: readonly (readonly [string, Uint8Array, LintCode])[] = [
      ['HTML', Uint8Array.from(Buffer.from('<html>'.repeat(100))), 'IMAGE_FORMAT'],
      ['a PNG', record.leftIndexFinger, 'IMAGE_FORMAT'],
      ['nothing', new Uint8Array(), 'IMAGE_FORMAT'],
      ['a stub', portrait.subarray(0, 100), 'IMAGE_TOO_SMALL'],
      ['cut', portrait.subarray(0, -2), 'IMAGE_CORRUPT'],
      ['something behind the end', concat(portrait, fromHex('00')), 'IMAGE_CORRUPT'],
      ['progressive', await picture().jpeg({ progressive: true }).toBuffer(), 'IMAGE_PROFILE'],
      ['grey', await picture().toColourspace('b-w').jpeg().toBuffer(), 'IMAGE_PROFILE'],
      ['CMYK', await picture().toColourspace('cmyk').jpeg().toBuffer(), 'IMAGE_PROFILE'],
      ['without JFIF', await picture().jpeg().toBuffer(), 'IMAGE_PROFILE'],
      ['with EXIF', await picture().withMetadata({ density: 300 }).jpeg().toBuffer(), 'IMAGE_METADATA'],
      ['with a comment', concat(portrait.subarray(0, 20), fromHex('FFFE00044142'), portrait.subarray(20)), 'IMAGE_METADATA'],
      ['small', await picture(100, 100).jpeg().toBuffer(), 'IMAGE_DIMENSIONS'],
      ['too many bytes', await noise.jpeg({ quality: 90 }).toBuffer(), 'IMAGE_TOO_LARGE'],
    ];
    for (const [what, bytes, code] of cases) {
      const found = lint({ portrait: Uint8Array.from(bytes) });
      expect(
        found.map((one) => one.code),
        what,
      ).toContain(code);
      expect(
        found.every(({ severity, field }) => severity === 'refusal' && field === 'portrait'),
        what,
      ).toBe(true);
    }
  });

  test('65535 × 65535 is refused by its header', () => {
    const huge = Uint8Array.from(record.portrait);
    const frame = Buffer.from(huge).indexOf(Buffer.from('ffc00011', 'hex'));
    huge.fill(0xff, frame + 5, frame + 9);
    expect(codes({ portrait: huge })).toEqual(['refusal IMAGE_DIMENSIONS portrait']);
  });

  test('the fingers', async () => {
    // A text chunk behind IHDR, which ends at byte 33.
    const body = ascii('tEXtComment about the holder');
    const chunk = concat(uintBE(body.length - 4, 4), body, uintBE(crc32(body), 4));
    const talkative = concat(record.leftIndexFinger.subarray(0, 33), chunk, record.leftIndexFinger.subarray(33));
    const cases: readonly (readonly [string, Uint8Array, string])[] = [
      ['a JPEG', record.portrait, 'refusal IMAGE_FORMAT'],
      ['colour', await picture(300, 400).png().toBuffer(), 'refusal IMAGE_PROFILE'],
      ['cut', record.leftIndexFinger.subarray(0, -1), 'refusal IMAGE_CORRUPT'],
      ['tiny', await picture(10, 10).toColourspace('b-w').png().toBuffer(), 'refusal IMAGE_DIMENSIONS'],
      ['with a text, which would be stored', talkative, 'refusal IMAGE_METADATA'],
      ['half a megabyte', new Uint8Array(600 * 1024), 'refusal IMAGE_TOO_LARGE'],
    ];
    for (const field of ['leftIndexFinger', 'rightIndexFinger'] as const) {
      for (const [what, bytes, expected] of cases)
        expect(codes({ [field]: Uint8Array.from(bytes) }), what).toEqual([`${expected} ${field}`]);
    }
  });
});

describe('the trial build', () => {
  const limited = (limits: Partial<typeof cccd2021.limits>) =>
    lintRecord({ ...cccd2021, limits: { ...cccd2021.limits, ...limits } }, record, TODAY);

  test('a file, or all of them, larger than the chip', () => {
    expect(limited({ fileBytes: 500 })).toMatchObject([{ code: 'DATA_GROUP_TOO_LARGE', severity: 'refusal', field: 'portrait' }]);
    expect(limited({ chipBytes: 5000 })).toMatchObject([{ code: 'CHIP_CAPACITY_EXCEEDED', severity: 'refusal' }]);
  });

  test('a profile whose grammar demands what the record lacks', () => {
    const grammar = dg13Grammar(cccd2021);
    const rows = grammar.rows.map((row) =>
      row.kind === 'printable' && row.field === 'oldIdentityNumber' ? { ...row, absent: 'refused' as const } : row,
    );
    const found = lintRecord({ ...cccd2021, dg13: { ...grammar, rows } }, { ...record, oldIdentityNumber: null }, TODAY);
    expect(found).toMatchObject([{ code: 'FILES_NOT_BUILDABLE', severity: 'refusal', detail: 'DG13_FIELD_MISSING field 15' }]);
  });
});

test('findings speak both languages and never repeat a value', () => {
  const bad = {
    personalNumber: '00119000SECRET',
    fullName: 'SecretÐ',
    placeOfResidence: 'Secret|',
    dateOfBirth: 'Secret-02-30',
    nationality: 'SECRET',
    oldIdentityNumber: 'secret',
    portrait: Uint8Array.from(Buffer.from('secret'.repeat(100))),
  };
  const found = lint(bad);
  expect(found.length).toBeGreaterThan(5);
  for (const { what, todo } of found) for (const text of [what.vi, what.en, todo.vi, todo.en]) expect(text).toMatch(/\S/);
  expect(JSON.stringify(found)).not.toMatch(/secret/i);
  expect(new Set(LINT_CODES).size).toBe(LINT_CODES.length);
});

test('any text in any field gives findings and never an exception', () => {
  const fields = [
    'personalNumber',
    'fullName',
    'dateOfBirth',
    'sex',
    'nationality',
    'ethnicity',
    'placeOfResidence',
    'father',
    'oldIdentityNumber',
    'dateOfIssue',
    'dateOfExpiry',
  ];
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...Array.from("Aăđ -'1/:Č\u0301")), maxLength: 120 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...fields), text, (field, value) => {
      for (const { code, severity } of lint({ [field]: value })) {
        expect(LINT_CODES).toContain(code);
        expect(['refusal', 'warning']).toContain(severity);
      }
    }),
    { numRuns: 400 },
  );
});
