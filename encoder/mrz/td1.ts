import { checkDigit } from './check-digit.ts';
import { readDocumentNumber, writeDocumentNumber, type NumberPlace } from './document-number.ts';
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
  ZONES,
  type HolderFields,
} from './zone.ts';

export type Td1Lines = readonly [string, string, string];

/** The fields of a TD1 zone (Doc 9303-5 §4.2.2), without trailing fillers and without check digits. */
export interface Td1 extends HolderFields {
  /** One or two letters, the first A, C or I. */
  readonly documentCode: string;
  /** The whole document number; beyond nine characters it continues in the optional data (note j). */
  readonly documentNumber: string;
  /** Line 1, positions 16–30, after what a long document number takes of them; inner fillers are kept. */
  readonly optionalData1: string;
  /** Line 2, positions 19–29. */
  readonly optionalData2: string;
}

const DOCUMENT_CODE = /^[ACI][A-Z]?$/;
const NUMBER: NumberPlace = { line: 1, number: 5, optionalData: 15, optionalWidth: 15 };

/** Writes the three lines with all check digits. A name that does not fit is truncated, and `truncated` says so. */
export function encodeTd1(td1: Td1): { readonly lines: Td1Lines; readonly truncated: boolean } {
  const name = nameField(td1.primaryIdentifier, td1.secondaryIdentifier, ZONES.TD1.width);
  const number = writeDocumentNumber(td1.documentNumber, { name: 'optionalData1', text: td1.optionalData1 }, NUMBER);
  const line1 =
    written(td1.documentCode, 2, DOCUMENT_CODE, 'documentCode') +
    written(td1.issuingState, 3, SHAPE.state, 'issuingState') +
    number.principal +
    number.optionalData;
  const body =
    withCheckDigit(written(td1.dateOfBirth, 6, SHAPE.dateOfBirth, 'dateOfBirth')) +
    written(td1.sex, 1, SHAPE.sex, 'sex') +
    withCheckDigit(written(td1.dateOfExpiry, 6, SHAPE.dateOfExpiry, 'dateOfExpiry')) +
    written(td1.nationality, 3, SHAPE.state, 'nationality') +
    written(td1.optionalData2, 11, SHAPE.optionalData, 'optionalData2');
  return { lines: [line1, body + checkDigit(compositeInput(line1, body)), name.text], truncated: name.truncated };
}

/** Reads the three lines strictly: lengths, characters, every check digit, dates, sex, and the form of each field. */
export function parseTd1(lines: readonly string[]): Td1 {
  const [line1, line2, line3] = threeLines(checkedLines(lines, ZONES.TD1));
  const { documentNumber, optionalData } = readDocumentNumber(line1, NUMBER);
  verifyDates(line2);
  verify(compositeInput(line1, line2), line2.charAt(29), 'line 2, position 30');
  return {
    documentCode: shaped(trimmed(line1.slice(0, 2)), DOCUMENT_CODE, 'line 1, positions 1-2'),
    issuingState: shaped(trimmed(line1.slice(2, 5)), SHAPE.state, 'line 1, positions 3-5'),
    documentNumber,
    optionalData1: optionalData,
    dateOfBirth: shaped(line2.slice(0, 6), SHAPE.dateOfBirth, 'line 2, positions 1-6'),
    sex: sexOf(line2.charAt(7), 'line 2, position 8'),
    dateOfExpiry: shaped(line2.slice(8, 14), SHAPE.dateOfExpiry, 'line 2, positions 9-14'),
    nationality: shaped(trimmed(line2.slice(15, 18)), SHAPE.state, 'line 2, positions 16-18'),
    optionalData2: trimmed(line2.slice(18, 29)),
    ...identifiers(line3, 'line 3'),
  };
}

/**
 * The input of BAC and of the PACE password MRZ (Doc 9303-11 §4.3.2 and §9.7.3): document number, date of birth and date
 * of expiry, each with its check digit. A long document number is given whole, without the filler between its parts. The
 * composite check digit has no part in it and is not looked at.
 */
export function mrzInformationTd1(lines: readonly string[]): string {
  const [line1, line2] = threeLines(checkedLines(lines, ZONES.TD1));
  return readDocumentNumber(line1, NUMBER).withCheckDigit + verifyDates(line2);
}

/** 90 characters as they stand in DG1, cut into their lines; only the length is looked at. */
export function splitTd1(text: string): Td1Lines {
  return threeLines(splitLines(text, ZONES.TD1));
}

/** Date of birth and date of expiry, each with its check digit, once both are found right. */
function verifyDates(line2: string): string {
  return (
    verify(line2.slice(0, 6), line2.charAt(6), 'line 2, position 7') + verify(line2.slice(8, 14), line2.charAt(14), 'line 2, position 15')
  );
}

/** Line 1 positions 6–30, line 2 positions 1–7, 9–15 and 19–29 (Doc 9303-5 §4.2.4). */
function compositeInput(line1: string, line2: string): string {
  return line1.slice(5, 30) + line2.slice(0, 7) + line2.slice(8, 15) + line2.slice(18, 29);
}

function threeLines([line1 = '', line2 = '', line3 = '']: readonly string[]): Td1Lines {
  return [line1, line2, line3];
}
