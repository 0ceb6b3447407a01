import { OID } from '#pki/x509';
import type { CrlRule } from '../rule.ts';

export const crlNumberPresent: CrlRule = {
  id: 'crl-number-present',
  clause: 'Doc 9303-12 Table 10',
  holds: ({ list }) => list.extensions.has(OID.cRLNumber),
};
