import { checkDigit } from './check-digit.ts';
import { MrzError } from './mrz-error.ts';
import { nameField } from './name.ts';

/**
 * What TD2 and TD3 have in common: line 1 is document code, issuing State and name, line 2 starts with the same 28
 * positions (Doc 9303-4 §4.2.2, Doc 9303-6 §4.2.2). Each document adds its optional data and its composite check digit.
 */
export type TwoLines = readonly [string, string];

/** Fields that stand at the same place in both documents, without trailing fillers and without check digits. */
export interface TwoLineFields {
  readonly documentCode: string;
  /** One to three letters of Doc 9303-3 §5. */
  readonly issuingState: string;
  readonly primaryIdentifier: readonly string[];
  readonly secondaryIdentifier: readonly string[];
  readonly nationality: string;
  /** YYMMDD; unknown parts are fillers (Doc 9303-3 §4.8). */
  readonly dateOfBirth: string;
  readonly sex: 'M' | 'F' | '<';
  readonly dateOfExpiry: string;
}

const STATE = /^[A-Z]{1,3}$/;
const BIRTH = /^(\d\d|<<)(0[1-9]|1[0-2]|<<)(0[1-9]|[12]\d|3[01]|<<)$/;
const EXPIRY = /^\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/;
const NAME_AT = 5;

/** Optional data and numbers have no filler at the end, for the line could not tell it from padding. */
export const OPTIONAL_DATA: RegExp = /^([A-Z0-9<]*[A-Z0-9])?$/;
export const DOCUMENT_NUMBER: RegExp = /^[A-Z0-9]([A-Z0-9<]*[A-Z0-9])?$/;

/** Line 1 of `width` positions; a name that does not fit is truncated. */
export function encodeLine1(
  fields: TwoLineFields,
  documentCode: RegExp,
  width: number,
): { readonly line1: string; readonly truncated: boolean } {
  const name = nameField(fields.primaryIdentifier, fields.secondaryIdentifier, width - NAME_AT);
  const code = written(fields.documentCode, 2, documentCode, 'documentCode');
  return { line1: code + written(fields.issuingState, 3, STATE, 'issuingState') + name.text, truncated: name.truncated };
}

/** Positions 11–28 of line 2: nationality, both dates with their check digits, and sex between them. */
export function encodeHolder(fields: TwoLineFields): string {
  const birth = written(fields.dateOfBirth, 6, BIRTH, 'dateOfBirth');
  const expiry = written(fields.dateOfExpiry, 6, EXPIRY, 'dateOfExpiry');
  return (
    written(fields.nationality, 3, STATE, 'nationality') +
    withCheckDigit(birth) +
    written(fields.sex, 1, /^[MF<]$/, 'sex') +
    withCheckDigit(expiry)
  );
}

/** The common fields of two lines that `checkedLines` has passed and whose check digits `verifyDates` has passed. */
export function parseFields([line1, line2]: TwoLines, documentCode: RegExp): TwoLineFields {
  const sex = line2.charAt(20);
  if (sex !== 'M' && sex !== 'F' && sex !== '<') throw new MrzError('MRZ_FIELD', { where: 'line 2, position 21' });
  return {
    documentCode: shaped(trimmed(line1.slice(0, 2)), documentCode, 'line 1, positions 1-2'),
    issuingState: shaped(trimmed(line1.slice(2, NAME_AT)), STATE, 'line 1, positions 3-5'),
    ...identifiers(line1.slice(NAME_AT)),
    nationality: shaped(trimmed(line2.slice(10, 13)), STATE, 'line 2, positions 11-13'),
    dateOfBirth: shaped(line2.slice(13, 19), BIRTH, 'line 2, positions 14-19'),
    sex,
    dateOfExpiry: shaped(line2.slice(21, 27), EXPIRY, 'line 2, positions 22-27'),
  };
}

/** Date of birth and date of expiry of line 2, each with its check digit, once both are found right. */
export function verifyDates(line2: string): string {
  return verify(line2.slice(13, 19), line2.charAt(19), 20) + verify(line2.slice(21, 27), line2.charAt(27), 28);
}

/**
 * The composite check digit covers positions 1–10, 14–20 and from 22 on to the one before it: Doc 9303-4 §4.2.4 and
 * Doc 9303-6 §4.2.4 leave out nationality and sex.
 */
export function compositeInput(line2: string, width: number): string {
  return line2.slice(0, 10) + line2.slice(13, 20) + line2.slice(21, width - 1);
}

/** `text` with its check digit, if `digit`, which stands at `position` of line 2, is that. */
export function verify(text: string, digit: string, position: number): string {
  if (checkDigit(text) !== digit) throw new MrzError('MRZ_CHECK_DIGIT', { where: `line 2, position ${position}` });
  return text + digit;
}

export function withCheckDigit(text: string): string {
  return text + checkDigit(text);
}

/** Exactly two lines of `width` characters from A-Z, 0-9 and `<`. */
export function checkedLines(lines: readonly string[], width: number): TwoLines {
  const [line1, line2] = lines;
  if (lines.length !== 2 || line1 === undefined || line2 === undefined) {
    throw new MrzError('MRZ_LENGTH_TWO_LINES', { detail: `${lines.length} lines, 2 needed` });
  }
  for (const [at, line] of lines.entries()) {
    if (line.length !== width) {
      throw new MrzError('MRZ_LENGTH_TWO_LINES', { where: `line ${at + 1}`, detail: `${line.length} characters, ${width} needed` });
    }
    const bad = line.search(/[^A-Z0-9<]/);
    if (bad >= 0) throw new MrzError('MRZ_CHARACTER', { where: `line ${at + 1}, position ${bad + 1}` });
  }
  return [line1, line2];
}

/** Text as it stands in DG1, cut into two lines of `width`; only the length is looked at. */
export function splitLines(text: string, width: number): TwoLines {
  if (text.length !== 2 * width) {
    throw new MrzError('MRZ_LENGTH_TWO_LINES', { detail: `${text.length} characters, ${2 * width} needed` });
  }
  return [text.slice(0, width), text.slice(width)];
}

/** `text` in its form; `where` is the place in the zone. */
export function shaped(text: string, shape: RegExp, where: string): string {
  if (!shape.test(text)) throw new MrzError('MRZ_FIELD', { where });
  return text;
}

/** `text` in its form and filled up to `width`; `name` is the field. */
export function written(text: string, width: number, shape: RegExp, name: string): string {
  if (text.length > width || !shape.test(text)) throw new MrzError('MRZ_FIELD', { where: name, detail: `${text.length} characters` });
  return text.padEnd(width, '<');
}

export function trimmed(text: string): string {
  return text.replace(/<+$/, '');
}

function identifiers(field: string): Pick<TwoLineFields, 'primaryIdentifier' | 'secondaryIdentifier'> {
  const parts = trimmed(field).split('<<');
  const components = parts.map((part) => part.split('<'));
  if (parts.length > 2 || !components.flat().every((component) => /^[A-Z]+$/.test(component))) {
    throw new MrzError('MRZ_FIELD', { where: `line 1, positions ${NAME_AT + 1}-${NAME_AT + field.length}` });
  }
  return { primaryIdentifier: components[0] ?? [], secondaryIdentifier: components[1] ?? [] };
}
