import { checkDigit } from './check-digit.ts';
import { readDocumentNumber, writeDocumentNumber, type NumberPlace } from './document-number.ts';
import {
  checkedTwoLines,
  compositeInput,
  encodeHolder,
  encodeLine1,
  parseFields,
  splitTwoLines,
  verifyDates,
  type TwoLines,
} from './two-lines.ts';
import { verify, ZONES, type HolderFields } from './zone.ts';

/** Two lines of 36 characters. */
export type Td2Lines = TwoLines;

/** The fields of a TD2 zone (Doc 9303-6 §4.2.2), without trailing fillers and without check digits. */
export interface Td2 extends HolderFields {
  /** One or two letters, the first A, C or I; never V in second place, nor AC (note k). */
  readonly documentCode: string;
  /** Up to 14 characters; beyond nine it continues in the optional data (note j), and then without fillers there. */
  readonly documentNumber: string;
  /** Line 2, positions 29–35, after what a long document number takes of them; inner fillers are kept. */
  readonly optionalData: string;
}

const NUMBER: NumberPlace = { line: 2, number: 0, optionalData: 28, optionalWidth: 7 };
const DOCUMENT_CODE = /^(A[ABD-UW-Z]?|[CI][A-UW-Z]?)$/;

/** Writes both lines with all check digits. A name beyond 31 positions is truncated, and `truncated` says so. */
export function encodeTd2(td2: Td2): { readonly lines: Td2Lines; readonly truncated: boolean } {
  const { line1, truncated } = encodeLine1(td2, DOCUMENT_CODE, ZONES.TD2);
  const number = writeDocumentNumber(td2.documentNumber, { name: 'optionalData', text: td2.optionalData }, NUMBER);
  const body = number.principal + encodeHolder(td2) + number.optionalData;
  return { lines: [line1, body + checkDigit(compositeInput(body, ZONES.TD2))], truncated };
}

/** Reads both lines strictly: lengths, characters, every check digit, dates, sex, and the form of each field. */
export function parseTd2(lines: readonly string[]): Td2 {
  const checked = checkedTwoLines(lines, ZONES.TD2);
  const [, line2] = checked;
  const { documentNumber, optionalData } = readDocumentNumber(line2, NUMBER);
  verifyDates(line2);
  verify(compositeInput(line2, ZONES.TD2), line2.charAt(35), 'line 2, position 36');
  return { ...parseFields(checked, DOCUMENT_CODE), documentNumber, optionalData };
}

/**
 * The input of BAC and of the PACE password MRZ (Doc 9303-11 §4.3.2 and §9.7.3): document number, date of birth and date
 * of expiry, each with its check digit. A long document number is given whole, without the filler between its parts
 * (Appendix D.2). The composite check digit has no part in it and is not looked at.
 */
export function mrzInformationTd2(lines: readonly string[]): string {
  const [, line2] = checkedTwoLines(lines, ZONES.TD2);
  return readDocumentNumber(line2, NUMBER).withCheckDigit + verifyDates(line2);
}

/** 72 characters as they stand in DG1, cut into their lines; only the length is looked at. */
export function splitTd2(text: string): Td2Lines {
  return splitTwoLines(text, ZONES.TD2);
}
