import { nameField } from './name.ts';
import {
  checkedLines,
  identifiers,
  sexOf,
  SHAPE,
  shaped,
  splitLines,
  trimmed,
  verify,
  withCheckDigit,
  written,
  type ZONES,
  type HolderFields,
} from './zone.ts';

/**
 * What TD2 and TD3 have in common: line 1 is document code, issuing State and name, line 2 starts with the same 28
 * positions (Doc 9303-4 §4.2.2, Doc 9303-6 §4.2.2). Each document adds its optional data and its composite check digit.
 */
export type TwoLines = readonly [string, string];

export type TwoLineZone = typeof ZONES.TD2 | typeof ZONES.TD3;

const NAME_AT = 5;

/** Line 1; a name that does not fit is truncated. */
export function encodeLine1(
  fields: HolderFields,
  documentCode: RegExp,
  { width }: TwoLineZone,
): { readonly line1: string; readonly truncated: boolean } {
  const name = nameField(fields.primaryIdentifier, fields.secondaryIdentifier, width - NAME_AT);
  const code = written(fields.documentCode, 2, documentCode, 'documentCode');
  return { line1: code + written(fields.issuingState, 3, SHAPE.state, 'issuingState') + name.text, truncated: name.truncated };
}

/** Positions 11–28 of line 2: nationality, both dates with their check digits, and sex between them. */
export function encodeHolder(fields: HolderFields): string {
  return (
    written(fields.nationality, 3, SHAPE.state, 'nationality') +
    withCheckDigit(written(fields.dateOfBirth, 6, SHAPE.dateOfBirth, 'dateOfBirth')) +
    written(fields.sex, 1, SHAPE.sex, 'sex') +
    withCheckDigit(written(fields.dateOfExpiry, 6, SHAPE.dateOfExpiry, 'dateOfExpiry'))
  );
}

/** The common fields of two lines that `checkedTwoLines` has passed and whose check digits `verifyDates` has passed. */
export function parseFields([line1, line2]: TwoLines, documentCode: RegExp): HolderFields {
  return {
    documentCode: shaped(trimmed(line1.slice(0, 2)), documentCode, 'line 1, positions 1-2'),
    issuingState: shaped(trimmed(line1.slice(2, NAME_AT)), SHAPE.state, 'line 1, positions 3-5'),
    ...identifiers(line1.slice(NAME_AT), `line 1, positions ${NAME_AT + 1}-${line1.length}`),
    nationality: shaped(trimmed(line2.slice(10, 13)), SHAPE.state, 'line 2, positions 11-13'),
    dateOfBirth: shaped(line2.slice(13, 19), SHAPE.dateOfBirth, 'line 2, positions 14-19'),
    sex: sexOf(line2.charAt(20), 'line 2, position 21'),
    dateOfExpiry: shaped(line2.slice(21, 27), SHAPE.dateOfExpiry, 'line 2, positions 22-27'),
  };
}

/** Date of birth and date of expiry of line 2, each with its check digit, once both are found right. */
export function verifyDates(line2: string): string {
  return (
    verify(line2.slice(13, 19), line2.charAt(19), 'line 2, position 20') +
    verify(line2.slice(21, 27), line2.charAt(27), 'line 2, position 28')
  );
}

/**
 * The composite check digit covers positions 1–10, 14–20 and from 22 on to the one before it: Doc 9303-4 §4.2.4 and
 * Doc 9303-6 §4.2.4 leave out nationality and sex.
 */
export function compositeInput(line2: string, { width }: TwoLineZone): string {
  return line2.slice(0, 10) + line2.slice(13, 20) + line2.slice(21, width - 1);
}

export function checkedTwoLines(lines: readonly string[], zone: TwoLineZone): TwoLines {
  return twoLines(checkedLines(lines, zone));
}

/** Text as it stands in DG1, cut into its lines; only the length is looked at. */
export function splitTwoLines(text: string, zone: TwoLineZone): TwoLines {
  return twoLines(splitLines(text, zone));
}

function twoLines([line1 = '', line2 = '']: readonly string[]): TwoLines {
  return [line1, line2];
}
