import { addDays } from '../../calendar.ts';
import type { Rule } from '../rule.ts';

/** Recommended there; a key that signs for longer puts more cards behind one revocation. */
export const documentSignerUsedAtMostThreeMonths: Rule = {
  id: 'document-signer-used-at-most-three-months',
  profiles: ['document-signer'],
  clause: 'Doc 9303-12 §4.1.1, Table 1',
  holds: ({ certificate: { privateKeyUsagePeriod: usage } }) =>
    usage?.notBefore === undefined || usage.notAfter === undefined || usage.notAfter <= addDays(usage.notBefore, 93),
};
