/**
 * Dates as the registry writes them, `YYYY-MM-DD`, by calendar arithmetic. Not `Date`: it turns 30 February into 2 March,
 * and a date of birth has no time zone.
 */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The date, or undefined for anything that is not exactly a day of the Gregorian calendar from 1800 on. */
export function parseDate(text: string): CalendarDate | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const valid = year >= 1800 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  return valid ? { year, month, day } : undefined;
}

/** A date of birth of which the day, or day and month, may be unknown (Doc 9303-3 §4.8). */
export interface PartialDate {
  readonly year: number;
  readonly month: number | null;
  readonly day: number | null;
}

/** `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; undefined for anything else. */
export function parsePartialDate(text: string): PartialDate | undefined {
  const whole = parseDate(text);
  if (whole !== undefined) return whole;
  const month = parseDate(`${text}-01`);
  if (month !== undefined) return { ...month, day: null };
  const year = parseDate(`${text}-01-01`);
  return year === undefined ? undefined : { year: year.year, month: null, day: null };
}

/** The first day that it can be: from it ages are reckoned. */
export function firstDayOf({ year, month, day }: PartialDate): CalendarDate {
  return { year, month: month ?? 1, day: day ?? 1 };
}

export function formatDate({ year, month, day }: CalendarDate): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** As Vietnamese cards write it: `dd/MM/yyyy`. */
export function vietnameseDate({ year, month, day }: CalendarDate): string {
  return `${two(day)}/${two(month)}/${String(year).padStart(4, '0')}`;
}

/** Negative, zero or positive, as `a` lies before, on or after `b`. */
export function compareDates(a: CalendarDate, b: CalendarDate): number {
  return a.year - b.year || a.month - b.month || a.day - b.day;
}

/** The same day some years later; 29 February falls where the rule says in a year that has none. */
export function plusYears(date: CalendarDate, years: number, leapDay: 'february-28' | 'march-1'): CalendarDate {
  const year = date.year + years;
  if (date.month !== 2 || date.day !== 29 || daysInMonth(year, 2) === 29) return { ...date, year };
  return leapDay === 'february-28' ? { year, month: 2, day: 28 } : { year, month: 3, day: 1 };
}

function daysInMonth(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
