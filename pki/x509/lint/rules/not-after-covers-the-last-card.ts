import { addYears } from '../../calendar.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

/** A card that is signed on the last day verifies to the end of its life; so does a Document Signer that is certified on the last day. */
export const notAfterCoversTheLastCard: Rule = {
  id: 'not-after-covers-the-last-card',
  profiles: [...AUTHORITIES, 'document-signer'],
  clause: 'Doc 9303-12 §4.1, Table 1; Appendix A',
  holds: ({ certificate: { privateKeyUsagePeriod: usage, validity }, technicalLifeYears }) =>
    usage?.notAfter === undefined || validity.notAfter >= addYears(usage.notAfter, technicalLifeYears),
};
