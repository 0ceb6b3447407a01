import { hasTimeForm } from '../../time.ts';
import { ALL, type Rule } from '../rule.ts';

/** A UTCTime past 2049 reads as a day of the twentieth century, in which there was no electronic passport. */
export const utcTimeUntil2049GeneralizedTimeFrom2050: Rule = {
  id: 'utc-time-until-2049-generalized-time-from-2050',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 5, validity; RFC 5280 §4.1.2.5',
  holds: ({ certificate: { validity } }) =>
    [validity.notBefore, validity.notAfter].every((at, index) => hasTimeForm(validity.tags[index], at)),
};
