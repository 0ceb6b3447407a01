import { checkDigit } from './check-digit.ts';
import { MrzError } from './mrz-error.ts';
import { SHAPE, shaped, trimmed, verify, withCheckDigit, written } from './zone.ts';

/**
 * Where the document number of a TD1 or TD2 zone stands and where the optional data are into which a number of more than
 * nine characters runs on: note j of Doc 9303-5 §4.2.2 and of Doc 9303-6 §4.2.2. Positions count from 0 within the line.
 */
export interface NumberPlace {
  readonly line: 1 | 2;
  readonly number: number;
  readonly optionalData: number;
  readonly optionalWidth: number;
}

export interface DocumentNumber {
  /** Without trailing fillers. */
  readonly documentNumber: string;
  /** As BAC takes it: a short number with its fillers, a long one whole, then the check digit. */
  readonly withCheckDigit: string;
  /** What is left of the optional data, without trailing fillers. */
  readonly optionalData: string;
}

const PRINCIPAL = 9;
const SHAPE_OF_PRINCIPAL = /^[A-Z0-9][A-Z0-9<]*$/;

/** Nine characters and the check digit; or nine, `<`, and in the optional data the rest, its check digit and a filler. */
export function writeDocumentNumber(
  number: string,
  optional: { readonly name: string; readonly text: string },
  { optionalWidth }: NumberPlace,
): { readonly principal: string; readonly optionalData: string } {
  const optionalData = written(optional.text, optionalWidth, SHAPE.optionalData, optional.name);
  if (number.length <= PRINCIPAL) {
    return { principal: withCheckDigit(written(number, PRINCIPAL, SHAPE.documentNumber, 'documentNumber')), optionalData };
  }
  const principal = written(number.slice(0, PRINCIPAL), PRINCIPAL, SHAPE_OF_PRINCIPAL, 'documentNumber');
  const rest = written(number.slice(PRINCIPAL), number.length - PRINCIPAL, /^[A-Z0-9]+$/, 'documentNumber');
  const continued = `${rest}${checkDigit(number)}<`;
  const room = written(optional.text, optionalWidth - continued.length, SHAPE.optionalData, optional.name);
  return { principal: `${principal}<`, optionalData: continued + room };
}

/** Reads a line that `checkedLines` has passed. */
export function readDocumentNumber(text: string, { line, number, optionalData, optionalWidth }: NumberPlace): DocumentNumber {
  const principal = text.slice(number, number + PRINCIPAL);
  const optional = text.slice(optionalData, optionalData + optionalWidth);
  const where = `line ${line}, positions ${number + 1}-${number + PRINCIPAL}`;
  const digit = text.charAt(number + PRINCIPAL);
  if (digit !== '<') {
    const whole = verify(principal, digit, `line ${line}, position ${number + PRINCIPAL + 1}`);
    const documentNumber = shaped(trimmed(principal), SHAPE.documentNumber, where);
    return { documentNumber, withCheckDigit: whole, optionalData: trimmed(optional) };
  }
  const end = optional.indexOf('<');
  // At least one more character of the number and its check digit stand before the filler.
  if (end < 2) {
    const optionalWhere = `line ${line}, positions ${optionalData + 1}-${optionalData + optionalWidth}`;
    throw new MrzError('MRZ_FIELD', { where: optionalWhere, detail: 'no document number continues here' });
  }
  const documentNumber = principal + optional.slice(0, end - 1);
  const whole = verify(documentNumber, optional.charAt(end - 1), `line ${line}, position ${optionalData + end}`);
  shaped(documentNumber, SHAPE.documentNumber, where);
  return { documentNumber, withCheckDigit: whole, optionalData: trimmed(optional.slice(end + 1)) };
}
