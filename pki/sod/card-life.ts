import { dg1, dg12, dg13 } from '#encoder/lds';
import { addYears } from '#pki/x509';

/** How long a card without expiry is reckoned to last, where its profile says nothing else. */
export const TECHNICAL_LIFE_YEARS = 25;

/** Where the date of expiry stands, by the number of characters: TD1, TD2, TD3 (Doc 9303-5 §4.2.4, -6 §4.2.3, -4 §4.2.3). */
const EXPIRY_AT: Readonly<Record<number, number>> = { 90: 38, 72: 57, 88: 65 };

/** No expiry: fillers, or Vietnam's 31 December 99. */
const NO_EXPIRY: readonly string[] = ['<<<<<<', '991231'];

/** An expiry so many years before the signing day is one of the next century: nobody signs cards that ran out that long ago. */
const YEARS_BACK = 20;

/** DG13 of Vietnamese cards: field 11, the date of issue as dd/mm/yyyy. */
const DATE_OF_ISSUE = 11;

/**
 * The day until which a card must verify, its first moment in UTC: the date of expiry in DG1; without one, so many years of technical
 * life after the day of issue (DG12, else DG13, else the day of signing). Undefined where DG1 has no date and no filler there.
 */
export function lastDayOf(
  dataGroups: ReadonlyMap<number, Uint8Array>,
  { at, technicalLifeYears = TECHNICAL_LIFE_YEARS }: { readonly at: Date; readonly technicalLifeYears?: number | undefined },
): Date | undefined {
  const expiry = expiryIn(dataGroups.get(1) ?? new Uint8Array());
  if (expiry === undefined) return undefined;
  if (!NO_EXPIRY.includes(expiry)) return dateOfExpiry(expiry, at);
  const issued = dayOf(dateOfIssueInDg12(dataGroups.get(12))) ?? dayOf(dateOfIssueInDg13(dataGroups.get(13))) ?? startOfDay(at);
  return addYears(issued, technicalLifeYears);
}

function expiryIn(file: Uint8Array): string | undefined {
  const text = readOr(() => dg1.decode(file).lines.join(''));
  const start = EXPIRY_AT[text?.length ?? 0];
  return start === undefined ? undefined : text?.slice(start, start + 6);
}

/** Two digits of a year, in the hundred years that begin some time before the day of signing. */
function dateOfExpiry(yymmdd: string, at: Date): Date | undefined {
  if (!/^\d{6}$/.test(yymmdd)) return undefined;
  const first = at.getUTCFullYear() - YEARS_BACK;
  const year = first + ((Number(yymmdd.slice(0, 2)) - (first % 100) + 100) % 100);
  return dayOf(`${year}${yymmdd.slice(2)}`);
}

function dateOfIssueInDg12(file: Uint8Array | undefined): string | undefined {
  if (file === undefined) return undefined;
  const found = readOr(() => dg12.decode(file).elements.find(({ name }) => name === 'dateOfIssue'));
  return found?.kind === 'digits' ? found.digits : undefined;
}

function dateOfIssueInDg13(file: Uint8Array | undefined): string | undefined {
  if (file === undefined) return undefined;
  const content = readOr(() => dg13.decode(file).fields.find(({ index }) => index === DATE_OF_ISSUE)?.content);
  const text = content?.kind === 'printable' || content?.kind === 'utf8' ? content.text : '';
  return /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(text)?.slice(1).toReversed().join('');
}

/** YYYYMMDD; undefined for a day that is none. */
function dayOf(digits: string | undefined): Date | undefined {
  const [, year = '', month = '', day = ''] = /^(\d{4})(\d{2})(\d{2})$/.exec(digits ?? '') ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day) ? undefined : date;
}

function startOfDay(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
}

function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
