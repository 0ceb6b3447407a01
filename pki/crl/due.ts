import { addDays } from '#pki/x509';
import { listsSerialNumber, type Crl, type RevokedCertificate } from './crl.ts';

/** Doc 9303-12 §4.1.5: "CSCAs MUST issue at least one CRL every 90 days". */
export const CRL_DAYS_MAX = 90;
/** The same: a list that says so "MUST be distributed within 48 hours" of a revocation. */
const REVOCATION_HOURS_MAX = 48;
/** The part of the time after which people are called. */
const ALARM = 0.8;

const HOUR = 3_600_000;

export interface CrlDue {
  /** The latest moment at which the next list must be out. */
  readonly due: Date;
  /** At 80 % of the way there. */
  readonly alarmAt: Date;
  readonly because: 'period' | 'revocation';
  readonly state: 'in-time' | 'alarm' | 'overdue';
}

/**
 * When the next list is due: before the present one ends and within 90 days of it, or within 48 hours of the oldest revocation that it does not
 * have, whichever is first. `revocations` are all that the authority has decided.
 */
export function nextCrlDue(
  list: Pick<Crl, 'thisUpdate' | 'nextUpdate' | 'revoked'>,
  revocations: readonly RevokedCertificate[],
  now: Date,
): CrlDue {
  const limit = addDays(list.thisUpdate, CRL_DAYS_MAX);
  const period = span('period', list.thisUpdate, list.nextUpdate < limit ? list.nextUpdate : limit);
  const missing = revocations
    .filter(({ serialNumber }) => !listsSerialNumber(list, serialNumber))
    .map(({ revokedAt }) => span('revocation', revokedAt, new Date(revokedAt.getTime() + REVOCATION_HOURS_MAX * HOUR)));
  const spans = [period, ...missing];
  const first = spans.reduce((a, b) => (b.due < a.due ? b : a));
  const alarmAt = spans.reduce((a, b) => (b.alarmAt < a.alarmAt ? b : a)).alarmAt;
  return { ...first, alarmAt, state: now >= first.due ? 'overdue' : now >= alarmAt ? 'alarm' : 'in-time' };
}

function span(because: CrlDue['because'], from: Date, due: Date): Pick<CrlDue, 'because' | 'due' | 'alarmAt'> {
  return { because, due, alarmAt: new Date(from.getTime() + ALARM * (due.getTime() - from.getTime())) };
}
