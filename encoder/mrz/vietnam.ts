import { checkDigit } from './check-digit.ts';
import { MrzError } from './mrz-error.ts';
import { encodeTd1, parseTd1, type Td1, type Td1Lines } from './td1.ts';
import { nameComponents } from './transliteration.ts';

/** What the zone needs to know of a person; the canonical record has it all. */
export interface MrzHolder {
  /** 12 ASCII digits. */
  readonly personalNumber: string;
  readonly fullName: string;
  /** `YYYY-MM-DD`; `YYYY-MM` or `YYYY` when the rest is unknown. */
  readonly dateOfBirth: string;
  readonly sex: 'male' | 'female';
  readonly nationality: string;
  /** `YYYY-MM-DD`; null on a card without expiry. */
  readonly dateOfExpiry: string | null;
}

/** What a card profile decides about the zone. */
export interface MrzRules {
  readonly documentCode: string;
  readonly issuingState: string;
  /** YYMMDD in place of a date of expiry. */
  readonly noExpiry: string;
  /** Letters beyond the Vietnamese alphabet that names may have, with their MRZ form. */
  readonly furtherLetters: Readonly<Record<string, string>>;
}

export interface Mrz {
  readonly lines: Td1Lines;
  /** The name did not fit: quality control compares such a line with the order, not with the reader's eye. */
  readonly truncated: boolean;
}

/**
 * `ID`, `VNM`, and 991231 on cards without expiry, as read on public Vietnamese cards of both designs. The national
 * alphabets of Latin minority languages are not published as a list; Doc 9303-3 §6.A gives the form of these letters.
 */
export const VIETNAM_MRZ: MrzRules = {
  documentCode: 'ID',
  issuingState: 'VNM',
  noExpiry: '991231',
  furtherLetters: { Č: 'C', č: 'C', Ĕ: 'E', ĕ: 'E', Ĭ: 'I', ĭ: 'I', Ñ: 'N', ñ: 'N', Ŏ: 'O', ŏ: 'O', Ŭ: 'U', ŭ: 'U' },
};

/**
 * The zone of a Vietnamese card. Line 1 differs from plain TD1: the document number is the last nine digits of the
 * personal number, positions 16–27 hold all twelve, 28–29 are fillers, and position 30 is a national check digit over
 * positions 16–29.
 */
export function mrzFor(holder: MrzHolder, rules: MrzRules = VIETNAM_MRZ): Mrz {
  const number = twelveDigits(holder.personalNumber, 'personalNumber');
  const { primary, secondary } = nameComponents(holder.fullName, new Map(Object.entries(rules.furtherLetters)));
  const td1: Td1 = {
    documentCode: rules.documentCode,
    issuingState: rules.issuingState,
    documentNumber: number.slice(3),
    optionalData1: withNationalCheckDigit(number),
    dateOfBirth: sixPositionBirth(holder.dateOfBirth),
    sex: holder.sex === 'male' ? 'M' : 'F',
    dateOfExpiry: holder.dateOfExpiry === null ? rules.noExpiry : sixDigitDate(holder.dateOfExpiry, 'dateOfExpiry'),
    nationality: holder.nationality,
    optionalData2: '',
    primaryIdentifier: primary,
    secondaryIdentifier: secondary,
  };
  return encodeTd1(td1);
}

/** The personal number in line 1, after the strict reading of all lines and of Vietnam's own rules for line 1. */
export function personalNumberOf(lines: readonly string[]): string {
  const td1 = parseTd1(lines);
  const number = td1.optionalData1.slice(0, 12);
  const consistent =
    /^\d{12}$/.test(number) && td1.documentNumber === number.slice(3) && td1.optionalData1 === withNationalCheckDigit(number);
  if (!consistent) throw new MrzError('MRZ_NATIONAL_NUMBER', { where: 'line 1, positions 6-30' });
  return number;
}

/** The card access number: the last six of the twelve digits. Nothing else is printed on a Vietnamese card as a CAN. */
export function canFor(holder: { readonly personalNumber: string } | readonly string[]): string {
  const number = 'personalNumber' in holder ? twelveDigits(holder.personalNumber, 'personalNumber') : personalNumberOf(holder);
  return number.slice(6);
}

function withNationalCheckDigit(number: string): string {
  return `${number}<<${checkDigit(`${number}<<`)}`;
}

function twelveDigits(text: string, where: string): string {
  if (!/^[0-9]{12}$/.test(text)) throw new MrzError('MRZ_FIELD', { where, detail: `${text.length} characters` });
  return text;
}

/** Fillers stand for the parts of a date of birth that are unknown (Doc 9303-3 §4.8). */
function sixPositionBirth(iso: string): string {
  const [year, month] = /^\d{4}(-\d{2})?$/.test(iso) ? iso.split('-') : [];
  if (year === undefined) return sixDigitDate(iso, 'dateOfBirth');
  sixDigitDate(`${year}-${month ?? '01'}-01`, 'dateOfBirth');
  return `${year.slice(2)}${month ?? '<<'}<<`;
}

function sixDigitDate(iso: string, where: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(iso)) throw new MrzError('MRZ_FIELD', { where });
  return iso.slice(2, 4) + iso.slice(5, 7) + iso.slice(8, 10);
}
