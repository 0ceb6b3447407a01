import { checkDigit } from './check-digit.ts';
import { MrzError } from './mrz-error.ts';
import { nameField } from './name.ts';

export type Td1Lines = readonly [string, string, string];

/** The fields of a TD1 zone (Doc 9303-5 §4.2.2), without trailing fillers and without check digits. */
export interface Td1 {
  /** One or two letters, the first A, C or I. */
  readonly documentCode: string;
  readonly issuingState: string;
  /** The whole document number; beyond nine characters it continues in the optional data (note j). */
  readonly documentNumber: string;
  /** Line 1, positions 16–30, after what a long document number takes of them; inner fillers are kept. */
  readonly optionalData1: string;
  /** YYMMDD; unknown parts are fillers (Doc 9303-3 §4.8). */
  readonly dateOfBirth: string;
  readonly sex: 'M' | 'F' | '<';
  readonly dateOfExpiry: string;
  readonly nationality: string;
  /** Line 2, positions 19–29. */
  readonly optionalData2: string;
  readonly primaryIdentifier: readonly string[];
  readonly secondaryIdentifier: readonly string[];
}

const WIDTH = 30;
const DOCUMENT_NUMBER = 9;

/** Writes the three lines with all check digits. A name that does not fit is truncated, and `truncated` says so. */
export function encodeTd1(td1: Td1): { readonly lines: Td1Lines; readonly truncated: boolean } {
  const name = nameField(td1.primaryIdentifier, td1.secondaryIdentifier, WIDTH);
  const { principal, optional } = documentNumberFields(td1);
  const line1 = field(td1.documentCode, 2, 'documentCode') + field(td1.issuingState, 3, 'issuingState') + principal + optional;
  const dates = {
    birth: field(td1.dateOfBirth, 6, 'dateOfBirth', /^[0-9<]{6}$/),
    expiry: field(td1.dateOfExpiry, 6, 'dateOfExpiry', /^[0-9]{6}$/),
  };
  const body =
    dates.birth +
    checkDigit(dates.birth) +
    field(td1.sex, 1, 'sex', /^[MF<]$/) +
    dates.expiry +
    checkDigit(dates.expiry) +
    field(td1.nationality, 3, 'nationality') +
    field(td1.optionalData2, 11, 'optionalData2');
  return { lines: [line1, body + checkDigit(compositeInput(line1, body)), name.text], truncated: name.truncated };
}

/** Reads the three lines strictly: lengths, characters, every check digit, dates, sex, and the form of each field. */
export function parseTd1(lines: readonly string[]): Td1 {
  const [line1, line2, line3] = checkedLines(lines);
  const long = line1.charAt(14) === '<';
  const number = long
    ? longDocumentNumber(line1)
    : { documentNumber: trimmed(line1.slice(5, 14)), optionalData1: trimmed(line1.slice(15)) };
  if (!long) verify(line1.slice(5, 14), line1.charAt(14), 'line 1, position 15');

  verify(line2.slice(0, 6), line2.charAt(6), 'line 2, position 7');
  verify(line2.slice(8, 14), line2.charAt(14), 'line 2, position 15');
  verify(compositeInput(line1, line2), line2.charAt(29), 'line 2, position 30');

  const sex = line2.charAt(7);
  if (sex !== 'M' && sex !== 'F' && sex !== '<') throw new MrzError('MRZ_FIELD', { where: 'line 2, position 8' });
  return {
    documentCode: letters(trimmed(line1.slice(0, 2)), /^[ACI][A-Z]?$/, 'line 1, positions 1-2'),
    issuingState: letters(trimmed(line1.slice(2, 5)), /^[A-Z]{1,3}$/, 'line 1, positions 3-5'),
    ...number,
    dateOfBirth: date(line2.slice(0, 6), 'line 2, positions 1-6', true),
    sex,
    dateOfExpiry: date(line2.slice(8, 14), 'line 2, positions 9-14', false),
    nationality: letters(trimmed(line2.slice(15, 18)), /^[A-Z]{1,3}$/, 'line 2, positions 16-18'),
    optionalData2: trimmed(line2.slice(18, 29)),
    ...identifiers(line3),
  };
}

/**
 * The input of BAC and of the PACE password MRZ (Doc 9303-11 §4.3.2 and §9.7.3): document number, date of birth and date
 * of expiry, each with its check digit. A long document number is given whole, without the filler between its parts.
 */
export function mrzInformation(lines: readonly string[]): string {
  const [line1, line2] = checkedLines(lines);
  const documentNumber =
    line1.charAt(14) === '<'
      ? withCheckDigit(longDocumentNumber(line1).documentNumber)
      : verify(line1.slice(5, 14), line1.charAt(14), 'line 1, position 15');
  const birth = verify(line2.slice(0, 6), line2.charAt(6), 'line 2, position 7');
  const expiry = verify(line2.slice(8, 14), line2.charAt(14), 'line 2, position 15');
  return documentNumber + birth + expiry;
}

/** 90 characters as they stand in DG1, cut into their lines; only the length is looked at. */
export function splitTd1(text: string): Td1Lines {
  if (text.length !== 3 * WIDTH) throw new MrzError('MRZ_LENGTH', { detail: `${text.length} characters, 90 needed` });
  return [text.slice(0, WIDTH), text.slice(WIDTH, 2 * WIDTH), text.slice(2 * WIDTH)];
}

/** Note j of Doc 9303-5 §4.2.2: nine characters, `<` for the check digit, then the rest, its check digit and a filler. */
function documentNumberFields(td1: Td1): { readonly principal: string; readonly optional: string } {
  const number = field(td1.documentNumber, Math.max(DOCUMENT_NUMBER, td1.documentNumber.length), 'documentNumber', /^[A-Z0-9][A-Z0-9<]*$/);
  if (number.length === DOCUMENT_NUMBER) {
    return { principal: number + checkDigit(number), optional: field(td1.optionalData1, 15, 'optionalData1') };
  }
  const rest = `${number.slice(DOCUMENT_NUMBER)}${checkDigit(number)}<`;
  return { principal: `${number.slice(0, DOCUMENT_NUMBER)}<`, optional: field(rest + td1.optionalData1, 15, 'optionalData1') };
}

function longDocumentNumber(line1: string): { readonly documentNumber: string; readonly optionalData1: string } {
  const optional = line1.slice(15);
  const end = optional.indexOf('<');
  // At least one more character of the number and its check digit stand before the filler.
  if (end < 2) throw new MrzError('MRZ_FIELD', { where: 'line 1, positions 16-30', detail: 'no document number continues here' });
  const documentNumber = line1.slice(5, 14) + optional.slice(0, end - 1);
  verify(documentNumber, optional.charAt(end - 1), `line 1, position ${15 + end}`);
  return { documentNumber, optionalData1: trimmed(optional.slice(end + 1)) };
}

/** Line 1 positions 6–30, line 2 positions 1–7, 9–15 and 19–29 (Doc 9303-5 §4.2.4). */
function compositeInput(line1: string, line2: string): string {
  return line1.slice(5, 30) + line2.slice(0, 7) + line2.slice(8, 15) + line2.slice(18, 29);
}

function checkedLines(lines: readonly string[]): Td1Lines {
  const [line1, line2, line3] = lines;
  if (lines.length !== 3 || line1 === undefined || line2 === undefined || line3 === undefined) {
    throw new MrzError('MRZ_LENGTH', { detail: `${lines.length} lines, 3 needed` });
  }
  for (const [at, line] of lines.entries()) {
    if (line.length !== WIDTH) throw new MrzError('MRZ_LENGTH', { where: `line ${at + 1}`, detail: `${line.length} characters` });
    const bad = line.search(/[^A-Z0-9<]/);
    if (bad >= 0) throw new MrzError('MRZ_CHARACTER', { where: `line ${at + 1}, position ${bad + 1}` });
  }
  return [line1, line2, line3];
}

function identifiers(line3: string): Pick<Td1, 'primaryIdentifier' | 'secondaryIdentifier'> {
  const name = trimmed(line3);
  const parts = name.split('<<');
  const components = parts.map((part) => part.split('<'));
  if (parts.length > 2 || !components.flat().every((component) => /^[A-Z]+$/.test(component))) {
    throw new MrzError('MRZ_FIELD', { where: 'line 3' });
  }
  return { primaryIdentifier: components[0] ?? [], secondaryIdentifier: components[1] ?? [] };
}

function date(text: string, where: string, partsMayBeUnknown: boolean): string {
  const shape = partsMayBeUnknown ? /^(\d\d|<<)(0[1-9]|1[0-2]|<<)(0[1-9]|[12]\d|3[01]|<<)$/ : /^\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/;
  return letters(text, shape, where);
}

function verify(text: string, digit: string, where: string): string {
  if (checkDigit(text) !== digit) throw new MrzError('MRZ_CHECK_DIGIT', { where });
  return text + digit;
}

function withCheckDigit(text: string): string {
  return text + checkDigit(text);
}

function letters(text: string, shape: RegExp, where: string): string {
  if (!shape.test(text)) throw new MrzError('MRZ_FIELD', { where });
  return text;
}

function field(text: string, width: number, name: keyof Td1, shape: RegExp = /^[A-Z0-9<]*$/): string {
  if (text.length > width || !shape.test(text)) throw new MrzError('MRZ_FIELD', { where: name, detail: `${text.length} characters` });
  return text.padEnd(width, '<');
}

function trimmed(text: string): string {
  return text.replace(/<+$/, '');
}
