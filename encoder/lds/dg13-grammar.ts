import type { Dg13, Dg13Content, Dg13Field } from './dg13.ts';
import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

/** What DG13 says about a citizen, as texts: dates and words are already in the form that the card uses. */
export interface Dg13Citizen {
  readonly personalNumber: string;
  readonly fullName: string;
  readonly dateOfBirth: string;
  readonly sex: string;
  readonly nationality: string;
  readonly ethnicity: string;
  readonly religion: string;
  readonly placeOfOrigin: string;
  readonly placeOfResidence: string;
  readonly personalMarks: string;
  readonly dateOfIssue: string;
  readonly dateOfExpiry: string;
  readonly father: string | null;
  readonly mother: string | null;
  readonly spouses: readonly string[];
  readonly oldIdentityNumber: string | null;
  readonly chipId: string;
}

type TextName = {
  [K in keyof Dg13Citizen]: Dg13Citizen[K] extends string | null ? K : never;
}[keyof Dg13Citizen];

/**
 * One field of the grammar: which facts it holds, in which ASN.1 string, and how it looks without them. What Vietnamese
 * cards do with missing parents and old numbers is not published, so each absent form is a datum of the profile.
 */
export type Dg13Row =
  | {
      readonly index: number;
      readonly kind: 'printable' | 'utf8';
      readonly field: TextName;
      readonly absent: AbsentText;
    }
  | {
      readonly index: number;
      readonly kind: 'members';
      /** One list member each, always in this order, so that a missing one does not move the others. */
      readonly fields: readonly TextName[];
      readonly absentMember: 'empty-string' | 'empty-sequence';
      readonly absent: 'index-only' | 'omitted' | 'members';
    }
  | { readonly index: number; readonly kind: 'list'; readonly field: 'spouses'; readonly absent: 'index-only' | 'omitted' };

/** `refused` marks what every citizen has. */
export type AbsentText = 'refused' | 'index-only' | 'omitted' | 'empty-string';

export interface Dg13Grammar {
  readonly version: number;
  /** In ascending order of their indexes. */
  readonly rows: readonly Dg13Row[];
}

export type Dg13ErrorCode = 'DG13_FIELD_MISSING' | 'DG13_FIELD_UNEXPECTED';

const TABLE = {
  DG13_FIELD_MISSING: {
    what: { vi: 'DG13 thiếu một trường bắt buộc', en: 'a field that DG13 must have is missing' },
    todo: { vi: 'Bổ sung trường được nêu', en: 'supply the field that is named' },
  },
  DG13_FIELD_UNEXPECTED: {
    what: { vi: 'Một trường của DG13 không đúng cấu trúc', en: 'a field of DG13 does not follow the grammar of the profile' },
    todo: { vi: 'Kiểm tra cấu hình loại thẻ hoặc loại bỏ thẻ', en: 'check the card profile, or reject the card' },
  },
} as const satisfies ErrorTable<Dg13ErrorCode>;

/** Facts that do not fit the grammar, or a file that does not follow it. `where` is the field number. */
export class Dg13Error extends CodedError<Dg13ErrorCode> {
  constructor(code: Dg13ErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}

/** Puts the facts about a citizen into the numbered fields. */
export function dg13Of(grammar: Dg13Grammar, citizen: Dg13Citizen): Dg13 {
  const fields = grammar.rows.flatMap((row): readonly Dg13Field[] => {
    const content = contentOf(row, citizen);
    return content === undefined ? [] : [{ index: row.index, content }];
  });
  return { version: grammar.version, fields };
}

/** The way back, for inspection: strict in the fields of the grammar, and no others may be there. */
export function citizenOf(grammar: Dg13Grammar, dg13: Dg13): Dg13Citizen {
  const byIndex = new Map(dg13.fields.map(({ index, content }) => [index, content]));
  const found: Record<string, string | null | readonly string[]> = {};
  for (const row of grammar.rows) {
    const content = byIndex.get(row.index);
    byIndex.delete(row.index);
    Object.assign(found, factsOf(row, content));
  }
  for (const index of byIndex.keys()) throw new Dg13Error('DG13_FIELD_UNEXPECTED', { where: `field ${index}` });
  return found as unknown as Dg13Citizen;
}

function contentOf(row: Dg13Row, citizen: Dg13Citizen): Dg13Content | undefined {
  if (row.kind === 'list') {
    if (citizen[row.field].length > 0) return { kind: 'list', texts: citizen[row.field] };
    return row.absent === 'omitted' ? undefined : { kind: 'none' };
  }
  if (row.kind === 'members') {
    const texts = row.fields.map((field) => citizen[field]);
    const allAbsent = texts.every((text) => text === null);
    if (allAbsent && row.absent === 'omitted') return undefined;
    if (allAbsent && row.absent === 'index-only') return { kind: 'none' };
    return { kind: 'list', texts: texts.map((text) => text ?? (row.absentMember === 'empty-string' ? '' : null)) };
  }
  const text = citizen[row.field];
  if (text !== null) return { kind: row.kind, text };
  switch (row.absent) {
    case 'omitted':
      return undefined;
    case 'index-only':
      return { kind: 'none' };
    case 'empty-string':
      return { kind: row.kind, text: '' };
    case 'refused':
      throw new Dg13Error('DG13_FIELD_MISSING', { where: `field ${row.index}` });
  }
}

function factsOf(row: Dg13Row, content: Dg13Content | undefined): Readonly<Record<string, string | null | readonly string[]>> {
  const unexpected = () => new Dg13Error('DG13_FIELD_UNEXPECTED', { where: `field ${row.index}` });
  const absent = content === undefined || content.kind === 'none';
  if (absent && !isAbsentForm(row, content)) throw new Dg13Error('DG13_FIELD_MISSING', { where: `field ${row.index}` });
  if (row.kind === 'list') {
    if (absent) return { [row.field]: [] };
    if (content.kind !== 'list' || content.texts.includes(null)) throw unexpected();
    return { [row.field]: content.texts.filter((text) => text !== null) };
  }
  if (row.kind === 'members') {
    if (absent) return Object.fromEntries(row.fields.map((field) => [field, null]));
    if (content.kind !== 'list' || content.texts.length !== row.fields.length) throw unexpected();
    const { texts } = content;
    return Object.fromEntries(row.fields.map((field, at) => [field, texts[at] === '' ? null : (texts[at] ?? null)]));
  }
  if (absent) return { [row.field]: null };
  if (content.kind !== row.kind) throw unexpected();
  return { [row.field]: content.text === '' && row.absent === 'empty-string' ? null : content.text };
}

function isAbsentForm(row: Dg13Row, content: Dg13Content | undefined): boolean {
  return row.absent === (content === undefined ? 'omitted' : 'index-only');
}
