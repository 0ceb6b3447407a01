import { OID } from '../../oid.ts';
import { SIGNERS, type Rule } from '../rule.ts';

export const authorityKeyIdentifierPresent: Rule = {
  id: 'authority-key-identifier-present',
  profiles: ['csca-link', ...SIGNERS],
  clause: 'Doc 9303-12 Table 6',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.authorityKeyIdentifier),
};
