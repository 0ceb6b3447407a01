import { checkDigit } from './check-digit.ts';
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
import { SHAPE, shaped, trimmed, verify, withCheckDigit, written, ZONES, type HolderFields } from './zone.ts';

/** Two lines of 44 characters. */
export type Td3Lines = TwoLines;

/** The fields of a TD3 zone (Doc 9303-4 §4.2.2), without trailing fillers and without check digits. */
export interface Td3 extends HolderFields {
  /** P, and the letter of §4.4 where the passport has one. */
  readonly documentCode: string;
  /** Up to nine characters: this part has no place for a longer one. */
  readonly passportNumber: string;
  /** Line 2, positions 29–42: personal number or other optional data; inner fillers are kept. */
  readonly personalNumber: string;
}

/** What stands in position 43 when there is no personal number: at the option of the issuing State (§4.2.2.2). */
export type UnusedCheckDigit = '<' | '0';

const DOCUMENT_CODE = /^P[A-Z]?$/;

/**
 * Writes both lines with all check digits. A name beyond 39 positions is truncated, and `truncated` says so.
 *
 * @param unused the check digit of a personal number that is empty
 */
export function encodeTd3(td3: Td3, unused: UnusedCheckDigit = '<'): { readonly lines: Td3Lines; readonly truncated: boolean } {
  const { line1, truncated } = encodeLine1(td3, DOCUMENT_CODE, ZONES.TD3);
  const personal = written(td3.personalNumber, 14, SHAPE.optionalData, 'personalNumber');
  const body =
    withCheckDigit(written(td3.passportNumber, 9, SHAPE.documentNumber, 'passportNumber')) +
    encodeHolder(td3) +
    personal +
    (td3.personalNumber === '' ? unused : checkDigit(personal));
  return { lines: [line1, body + checkDigit(compositeInput(body, ZONES.TD3))], truncated };
}

/** Reads both lines strictly: lengths, characters, every check digit, dates, sex, and the form of each field. */
export function parseTd3(lines: readonly string[]): Td3 {
  const checked = checkedTwoLines(lines, ZONES.TD3);
  const [, line2] = checked;
  verify(line2.slice(0, 9), line2.charAt(9), 'line 2, position 10');
  verifyDates(line2);
  const personalNumber = trimmed(line2.slice(28, 42));
  if (personalNumber !== '' || line2.charAt(42) !== '<') verify(line2.slice(28, 42), line2.charAt(42), 'line 2, position 43');
  verify(compositeInput(line2, ZONES.TD3), line2.charAt(43), 'line 2, position 44');
  return {
    ...parseFields(checked, DOCUMENT_CODE),
    passportNumber: shaped(trimmed(line2.slice(0, 9)), SHAPE.documentNumber, 'line 2, positions 1-9'),
    personalNumber,
  };
}

/**
 * The input of BAC and of the PACE password MRZ (Doc 9303-11 §4.3.2 and §9.7.3): passport number with its fillers, date
 * of birth and date of expiry, each with its check digit. The other check digits have no part in it and are not looked at.
 */
export function mrzInformationTd3(lines: readonly string[]): string {
  const [, line2] = checkedTwoLines(lines, ZONES.TD3);
  return verify(line2.slice(0, 9), line2.charAt(9), 'line 2, position 10') + verifyDates(line2);
}

/** 88 characters as they stand in DG1, cut into their lines; only the length is looked at. */
export function splitTd3(text: string): Td3Lines {
  return splitTwoLines(text, ZONES.TD3);
}
