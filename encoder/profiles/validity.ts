import { compareDates, formatDate, parseDate, plusYears, type CalendarDate } from './calendar.ts';
import type { CardProfile } from './profile.ts';

/**
 * The date to which a card runs: the birthday at the first age of the rule that lies more than the grace years after the
 * date of issue (Law 59/2014/QH13 art. 21: a card issued within two years before such an age runs to the next one); null
 * after the last age.
 */
export function expiryFor(rule: CardProfile['validity'], birth: CalendarDate, issue: CalendarDate): CalendarDate | null {
  const age = rule.ages.find((candidate) => compareDates(issue, plusYears(birth, candidate - rule.graceYears, rule.leapDay)) < 0);
  return age === undefined ? null : plusYears(birth, age, rule.leapDay);
}

/** The same for dates as the record writes them; undefined when one of them is no date. */
export function expiryOf(rule: CardProfile['validity'], dateOfBirth: string, dateOfIssue: string): string | null | undefined {
  const [birth, issue] = [parseDate(dateOfBirth), parseDate(dateOfIssue)];
  if (birth === undefined || issue === undefined) return undefined;
  const expiry = expiryFor(rule, birth, issue);
  return expiry === null ? null : formatDate(expiry);
}
