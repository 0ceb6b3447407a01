import { OID } from '../../oid.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

export const subjectKeyIdentifierPresent: Rule = {
  id: 'subject-key-identifier-present',
  profiles: [...AUTHORITIES, 'plant-signer'],
  clause: 'Doc 9303-12 Table 6',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.subjectKeyIdentifier),
};
