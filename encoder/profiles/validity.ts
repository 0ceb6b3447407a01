import { compareDates, firstDayOf, formatDate, parseDate, parsePartialDate, plusYears, type CalendarDate } from './calendar.ts';
import type { CardProfile } from './profile-schema.ts';

type ValidityRule = CardProfile['validity'];

/**
 * The date to which a card runs; null when it has no expiry.
 *
 * By ages: the birthday at the first age of the rule that lies more than the grace years after the date of issue (Law
 * 59/2014/QH13 art. 21, Law 26/2023/QH15 art. 21: a card issued within two years before such an age runs to the next one),
 * none after the last. By years: so many years after the date of issue, fewer for holders below an age.
 */
export function expiryFor(rule: ValidityRule, birth: CalendarDate, issue: CalendarDate): CalendarDate | null {
  if (rule.rule === 'years') return plusYears(issue, termFor(rule, birth, issue), rule.leapDay);
  const age = rule.ages.find((candidate) => compareDates(issue, plusYears(birth, candidate - rule.graceYears, rule.leapDay)) < 0);
  return age === undefined ? null : plusYears(birth, age, rule.leapDay);
}

/** The same for dates as the record writes them; undefined when one of them is no date. */
export function expiryOf(rule: ValidityRule, dateOfBirth: string, dateOfIssue: string): string | null | undefined {
  const [birth, issue] = [parsePartialDate(dateOfBirth), parseDate(dateOfIssue)];
  if (birth === undefined || issue === undefined) return undefined;
  const expiry = expiryFor(rule, firstDayOf(birth), issue);
  return expiry === null ? null : formatDate(expiry);
}

/** The day until which the card's signature must verify: its expiry, or the end of the chip's technical life. */
export function lastDayOfUse(
  rule: ValidityRule,
  record: { readonly dateOfIssue: string; readonly dateOfExpiry: string | null },
): string | undefined {
  if (record.dateOfExpiry !== null) return record.dateOfExpiry;
  const issue = parseDate(record.dateOfIssue);
  return issue === undefined ? undefined : formatDate(plusYears(issue, rule.technicalLifeYears, rule.leapDay));
}

/** Whether the holder has not reached an age on the day of issue; false when a date is none. */
export function isBelowAge(
  { leapDay }: ValidityRule,
  record: { readonly dateOfBirth: string; readonly dateOfIssue: string },
  age: number,
): boolean {
  const [birth, issue] = [parsePartialDate(record.dateOfBirth), parseDate(record.dateOfIssue)];
  return birth !== undefined && issue !== undefined && compareDates(issue, plusYears(firstDayOf(birth), age, leapDay)) < 0;
}

function termFor(rule: Extract<ValidityRule, { rule: 'years' }>, birth: CalendarDate, issue: CalendarDate): number {
  const shorter = rule.shorter.find(({ belowAge }) => compareDates(issue, plusYears(birth, belowAge, rule.leapDay)) < 0);
  return shorter?.years ?? rule.years;
}
