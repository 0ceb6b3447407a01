import { describe, expect, test } from 'vitest';
import { citizenOf, dg13, dg13Of, type Dg13Citizen, type Dg13Grammar, type Dg13Row } from './index.ts';

const full: Dg13Citizen = {
  personalNumber: '001190000123',
  fullName: 'Nguyễn Thị Đào',
  dateOfBirth: '15/02/1990',
  sex: 'Nữ',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: 'Hà Nội',
  placeOfResidence: 'Hà Nội',
  personalMarks: 'Không',
  dateOfIssue: '10/05/2021',
  dateOfExpiry: '15/02/2030',
  father: 'Nguyễn Văn Anh',
  mother: 'Trần Thị Bình',
  spouses: ['Lê Văn Cường', 'Phạm Văn Dũng'],
  oldIdentityNumber: '012345678',
  chipId: '0123456789ABCDEF',
};

const TEXTS = [
  'personalNumber',
  'fullName',
  'dateOfBirth',
  'sex',
  'nationality',
  'ethnicity',
  'religion',
  'placeOfOrigin',
  'placeOfResidence',
  'personalMarks',
  'dateOfIssue',
  'dateOfExpiry',
] as const;

function grammar(
  parents: Pick<Extract<Dg13Row, { kind: 'members' }>, 'absent' | 'absentMember'>,
  spouses: 'index-only' | 'omitted',
  old: 'index-only' | 'omitted' | 'empty-string',
): Dg13Grammar {
  return {
    version: 1,
    rows: [
      ...TEXTS.map((field, at): Dg13Row => ({ index: at + 1, kind: 'utf8', field, absent: 'refused' })),
      { index: 13, kind: 'members', fields: ['father', 'mother'], ...parents },
      { index: 14, kind: 'list', field: 'spouses', absent: spouses },
      { index: 15, kind: 'printable', field: 'oldIdentityNumber', absent: old },
      { index: 16, kind: 'printable', field: 'chipId', absent: 'refused' },
    ],
  };
}

describe('absent forms of DG13, each a datum of the profile', () => {
  const grammars = (['index-only', 'omitted', 'members'] as const).flatMap((absent) =>
    (['empty-string', 'empty-sequence'] as const).flatMap((absentMember) =>
      (['index-only', 'omitted'] as const).flatMap((spouses) =>
        (['index-only', 'omitted', 'empty-string'] as const).map((old) => ({ absent, absentMember, spouses, old })),
      ),
    ),
  );
  const people: readonly Dg13Citizen[] = [
    full,
    { ...full, father: null },
    { ...full, mother: null },
    { ...full, father: null, mother: null, spouses: [], oldIdentityNumber: null },
    { ...full, spouses: ['Lê Văn Cường'] },
  ];

  test.each(grammars)(
    'parents $absent / $absentMember, spouses $spouses, old number $old: read back as written',
    ({ absent, absentMember, spouses, old }) => {
      const rules = grammar({ absent, absentMember }, spouses, old);
      for (const citizen of people) expect(citizenOf(rules, dg13.decode(dg13.encode(dg13Of(rules, citizen))))).toEqual(citizen);
    },
  );

  test('a missing father does not make the mother the father', () => {
    const rules = grammar({ absent: 'index-only', absentMember: 'empty-sequence' }, 'index-only', 'index-only');
    expect(citizenOf(rules, dg13Of(rules, { ...full, father: null }))).toMatchObject({ father: null, mother: 'Trần Thị Bình' });
  });
});

describe('DG13 that does not follow the grammar', () => {
  const rules = grammar({ absent: 'index-only', absentMember: 'empty-string' }, 'index-only', 'index-only');
  const file = dg13Of(rules, full);
  const without = (index: number) => ({ ...file, fields: file.fields.filter((field) => field.index !== index) });
  const withContent = (index: number, content: (typeof file.fields)[number]['content']) => ({
    ...file,
    fields: file.fields.map((field) => (field.index === index ? { index, content } : field)),
  });

  test.each([
    ['a field missing', without(2), 'DG13_FIELD_MISSING'],
    ['an index without its value', withContent(2, { kind: 'none' }), 'DG13_FIELD_MISSING'],
    ['the wrong string type', withContent(2, { kind: 'printable', text: 'A' }), 'DG13_FIELD_UNEXPECTED'],
    ['one parent where two stand', withContent(13, { kind: 'list', texts: ['A'] }), 'DG13_FIELD_UNEXPECTED'],
    ['an empty spouse', withContent(14, { kind: 'list', texts: [null] }), 'DG13_FIELD_UNEXPECTED'],
    [
      'a field that the grammar does not know',
      { ...file, fields: [...file.fields, { index: 17, content: { kind: 'none' as const } }] },
      'DG13_FIELD_UNEXPECTED',
    ],
  ])('%s', (_what, value, code) => {
    expect(() => citizenOf(rules, value)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('a required fact that is absent is refused when writing', () => {
    const strict: Dg13Grammar = { version: 1, rows: [{ index: 1, kind: 'utf8', field: 'father', absent: 'refused' }] };
    expect(() => dg13Of(strict, { ...full, father: null })).toThrow(expect.objectContaining({ code: 'DG13_FIELD_MISSING' }) as Error);
  });
});
