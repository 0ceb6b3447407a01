import { addDays } from '#pki/x509';
import { CRL_DAYS_MAX } from '../../due.ts';
import type { CrlRule } from '../rule.ts';

export const nextUpdateWithin90Days: CrlRule = {
  id: 'next-update-within-90-days',
  clause: 'Doc 9303-12 §4.1.5',
  holds: ({ list }) => list.nextUpdate <= addDays(list.thisUpdate, CRL_DAYS_MAX),
};
