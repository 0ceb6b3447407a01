import { addYears } from '../../calendar.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

/** What is signed on the last day of use verifies to the end of a card's life. */
export const notAfterCoversTheLastCard: Rule = {
  id: 'not-after-covers-the-last-card',
  profiles: [...AUTHORITIES, 'document-signer'],
  clause: 'Doc 9303-12 §4.1, Table 1; Appendix A',
  holds: ({ certificate: { privateKeyUsagePeriod: usage, validity }, technicalLifeYears }) =>
    usage?.notAfter === undefined || validity.notAfter >= addYears(usage.notAfter, technicalLifeYears),
};
