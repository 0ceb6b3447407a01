import { checkDigit } from './check-digit.ts';
import { MrzError } from './mrz-error.ts';

/** The machine readable zones of Doc 9303-5, 9303-6 and 9303-4: how many lines of how many characters. */
export const ZONES = {
  TD1: { lines: 3, width: 30 },
  TD2: { lines: 2, width: 36 },
  TD3: { lines: 2, width: 44 },
} as const;

export type ZoneName = keyof typeof ZONES;
export type Zone = (typeof ZONES)[ZoneName];

/** Fields that stand in every zone, without trailing fillers and without check digits. */
export interface HolderFields {
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

/** The forms of fields without their padding. What ends with a filler could not be told from padding. */
export const SHAPE = {
  state: /^[A-Z]{1,3}$/,
  dateOfBirth: /^(\d\d|<<)(0[1-9]|1[0-2]|<<)(0[1-9]|[12]\d|3[01]|<<)$/,
  dateOfExpiry: /^\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/,
  sex: /^[MF<]$/,
  optionalData: /^([A-Z0-9<]*[A-Z0-9])?$/,
  documentNumber: /^[A-Z0-9]([A-Z0-9<]*[A-Z0-9])?$/,
} as const satisfies Readonly<Record<string, RegExp>>;

/** The zone with this many characters in all, as they stand in DG1; undefined when there is none. */
export function zoneOfLength(characters: number): Zone | undefined {
  return Object.values(ZONES).find(({ lines, width }) => lines * width === characters);
}

/** Characters as they stand in DG1, cut into the lines of the zone; only the length is looked at. */
export function splitLines(text: string, { lines, width }: Zone): readonly string[] {
  if (text.length !== lines * width) throw lengthError(lines, { detail: `${text.length} characters, ${lines * width} needed` });
  return Array.from({ length: lines }, (_, at) => text.slice(at * width, (at + 1) * width));
}

/** The lines, if they have the number and the width of the zone and nothing but A-Z, 0-9 and `<`. */
export function checkedLines(lines: readonly string[], zone: Zone): readonly string[] {
  if (lines.length !== zone.lines) throw lengthError(zone.lines, { detail: `${lines.length} lines, ${zone.lines} needed` });
  for (const [at, line] of lines.entries()) {
    if (line.length !== zone.width) {
      throw lengthError(zone.lines, { where: `line ${at + 1}`, detail: `${line.length} characters, ${zone.width} needed` });
    }
    const bad = line.search(/[^A-Z0-9<]/);
    if (bad >= 0) throw new MrzError('MRZ_CHARACTER', { where: `line ${at + 1}, position ${bad + 1}` });
  }
  return lines;
}

/** `text` with its check digit, if `digit`, which stands at `where`, is that. */
export function verify(text: string, digit: string, where: string): string {
  if (checkDigit(text) !== digit) throw new MrzError('MRZ_CHECK_DIGIT', { where });
  return text + digit;
}

export function withCheckDigit(text: string): string {
  return text + checkDigit(text);
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

/** M, F, or a filler for what is not specified. */
export function sexOf(text: string, where: string): HolderFields['sex'] {
  if (text !== 'M' && text !== 'F' && text !== '<') throw new MrzError('MRZ_FIELD', { where });
  return text;
}

/** The identifiers of a name field: components parted by one filler, the identifiers by two. */
export function identifiers(field: string, where: string): Pick<HolderFields, 'primaryIdentifier' | 'secondaryIdentifier'> {
  const parts = trimmed(field).split('<<');
  const components = parts.map((part) => part.split('<'));
  if (parts.length > 2 || !components.flat().every((component) => /^[A-Z]+$/.test(component))) throw new MrzError('MRZ_FIELD', { where });
  return { primaryIdentifier: components[0] ?? [], secondaryIdentifier: components[1] ?? [] };
}

function lengthError(lines: number, context: { readonly where?: string; readonly detail: string }): MrzError {
  return new MrzError(lines === 3 ? 'MRZ_LENGTH' : 'MRZ_LENGTH_TWO_LINES', context);
}
