import { OID } from '#pki/x509';
import type { CrlRule } from '../rule.ts';

export const authorityKeyIdentifierPresent: CrlRule = {
  id: 'authority-key-identifier-present',
  clause: 'Doc 9303-12 Table 10',
  holds: ({ list }) => list.extensions.has(OID.authorityKeyIdentifier),
};
