import { hasTimeForm } from '#pki/x509';
import type { CrlRule } from '../rule.ts';

export const utcTimeUntil2049GeneralizedTimeFrom2050: CrlRule = {
  id: 'utc-time-until-2049-generalized-time-from-2050',
  clause: 'Doc 9303-12 Table 9, thisUpdate and nextUpdate; RFC 5280 §5.1.2.4 to §5.1.2.6',
  holds: ({ list }) =>
    hasTimeForm(list.timeTags[0], list.thisUpdate) &&
    hasTimeForm(list.timeTags[1], list.nextUpdate) &&
    list.entries.every(({ timeTag, revokedAt }) => hasTimeForm(timeTag, revokedAt)),
};
