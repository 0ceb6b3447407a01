import { OID } from '../../oid.ts';
import type { Rule } from '../rule.ts';

export const documentTypeListPresent: Rule = {
  id: 'document-type-list-present',
  profiles: ['document-signer'],
  clause: 'Doc 9303-12 Table 6, §7.1.1.6',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.documentTypeList),
};
