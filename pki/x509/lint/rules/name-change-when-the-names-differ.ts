import { equalBytes } from '#encoder/bytes';
import { OID } from '../../oid.ts';
import type { Rule } from '../rule.ts';

export const nameChangeWhenTheNamesDiffer: Rule = {
  id: 'name-change-when-the-names-differ',
  profiles: ['csca-link'],
  clause: 'Doc 9303-12 §7.1.1.5',
  holds: ({ certificate: { issuer, subject, extensions } }) => extensions.has(OID.nameChange) === !equalBytes(issuer, subject),
};
