import { checkDigit } from './check-digit.ts';
import { MrzError } from './mrz-error.ts';
import {
  checkedLines,
  compositeInput,
  DOCUMENT_NUMBER,
  encodeHolder,
  encodeLine1,
  OPTIONAL_DATA,
  parseFields,
  shaped,
  splitLines,
  trimmed,
  verify,
  verifyDates,
  withCheckDigit,
  written,
  type TwoLineFields,
  type TwoLines,
} from './two-lines.ts';

/** Two lines of 36 characters. */
export type Td2Lines = TwoLines;

/** The fields of a TD2 zone (Doc 9303-6 §4.2.2), without trailing fillers and without check digits. */
export interface Td2 extends TwoLineFields {
  /** One or two letters, the first A, C or I; never V in second place, nor AC (note k). */
  readonly documentCode: string;
  /** Up to 14 characters; beyond nine it continues in the optional data (note j), and then without fillers there. */
  readonly documentNumber: string;
  /** Line 2, positions 29–35, after what a long document number takes of them; inner fillers are kept. */
  readonly optionalData: string;
}

const WIDTH = 36;
const PRINCIPAL = 9;
const DOCUMENT_CODE = /^(A[ABD-UW-Z]?|[CI][A-UW-Z]?)$/;

/** Writes both lines with all check digits. A name beyond 31 positions is truncated, and `truncated` says so. */
export function encodeTd2(td2: Td2): { readonly lines: Td2Lines; readonly truncated: boolean } {
  const { line1, truncated } = encodeLine1(td2, DOCUMENT_CODE, WIDTH);
  const { principal, optional } = documentNumberFields(td2);
  const body = principal + encodeHolder(td2) + optional;
  return { lines: [line1, body + checkDigit(compositeInput(body, WIDTH))], truncated };
}

/** Reads both lines strictly: lengths, characters, every check digit, dates, sex, and the form of each field. */
export function parseTd2(lines: readonly string[]): Td2 {
  const checked = checkedLines(lines, WIDTH);
  const [, line2] = checked;
  const number = documentNumber(line2);
  verifyDates(line2);
  verify(compositeInput(line2, WIDTH), line2.charAt(35), 36);
  return { ...parseFields(checked, DOCUMENT_CODE), documentNumber: number.documentNumber, optionalData: number.optionalData };
}

/**
 * The input of BAC and of the PACE password MRZ (Doc 9303-11 §4.3.2 and §9.7.3): document number, date of birth and date
 * of expiry, each with its check digit. A long document number is given whole, without the filler between its parts
 * (Appendix D.2). The composite check digit has no part in it and is not looked at.
 */
export function mrzInformationTd2(lines: readonly string[]): string {
  const [, line2] = checkedLines(lines, WIDTH);
  return documentNumber(line2).withCheckDigit + verifyDates(line2);
}

/** 72 characters as they stand in DG1, cut into their lines; only the length is looked at. */
export function splitTd2(text: string): Td2Lines {
  return splitLines(text, WIDTH);
}

/** Note j of Doc 9303-6 §4.2.2: nine characters, `<` for the check digit, then the rest, its check digit and a filler. */
function documentNumberFields(td2: Td2): { readonly principal: string; readonly optional: string } {
  const optionalData = written(td2.optionalData, 7, OPTIONAL_DATA, 'optionalData');
  const number = td2.documentNumber;
  if (number.length <= PRINCIPAL) {
    return { principal: withCheckDigit(written(number, PRINCIPAL, DOCUMENT_NUMBER, 'documentNumber')), optional: optionalData };
  }
  const principal = written(number.slice(0, PRINCIPAL), PRINCIPAL, /^[A-Z0-9][A-Z0-9<]*$/, 'documentNumber');
  const rest = written(number.slice(PRINCIPAL), number.length - PRINCIPAL, /^[A-Z0-9]+$/, 'documentNumber');
  const continued = `${rest}${checkDigit(number)}<`;
  return {
    principal: `${principal}<`,
    optional: continued + written(td2.optionalData, 7 - continued.length, OPTIONAL_DATA, 'optionalData'),
  };
}

function documentNumber(line2: string): {
  readonly documentNumber: string;
  readonly withCheckDigit: string;
  readonly optionalData: string;
} {
  const principal = line2.slice(0, PRINCIPAL);
  const optional = line2.slice(28, 35);
  if (line2.charAt(PRINCIPAL) !== '<') {
    const whole = verify(principal, line2.charAt(PRINCIPAL), 10);
    const number = shaped(trimmed(principal), DOCUMENT_NUMBER, 'line 2, positions 1-9');
    return { documentNumber: number, withCheckDigit: whole, optionalData: trimmed(optional) };
  }
  const end = optional.indexOf('<');
  // At least one more character of the number and its check digit stand before the filler.
  if (end < 2) throw new MrzError('MRZ_FIELD', { where: 'line 2, positions 29-35', detail: 'no document number continues here' });
  const number = principal + optional.slice(0, end - 1);
  const whole = verify(number, optional.charAt(end - 1), 28 + end);
  shaped(number, DOCUMENT_NUMBER, 'line 2, positions 1-9');
  return { documentNumber: number, withCheckDigit: whole, optionalData: trimmed(optional.slice(end + 1)) };
}
