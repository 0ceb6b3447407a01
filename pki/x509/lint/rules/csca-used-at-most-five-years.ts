import { addYears } from '../../calendar.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

/** Recommended there: the key pair is replaced every three to five years. */
export const cscaUsedAtMostFiveYears: Rule = {
  id: 'csca-used-at-most-five-years',
  profiles: AUTHORITIES,
  clause: 'Doc 9303-12 §4.1.4, Table 1',
  holds: ({ certificate: { privateKeyUsagePeriod: usage } }) =>
    usage?.notBefore === undefined || usage.notAfter === undefined || usage.notAfter <= addYears(usage.notBefore, 5),
};
