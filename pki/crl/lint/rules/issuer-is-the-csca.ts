import { equalBytes } from '#encoder/bytes';
import type { CrlRule } from '../rule.ts';

/** Names are compared as bytes. */
export const issuerIsTheCsca: CrlRule = {
  id: 'issuer-is-the-csca',
  clause: 'Doc 9303-12 Table 9, Issuer; §4.1.5',
  holds: ({ list, csca }) => equalBytes(list.issuer, csca.subject),
};
