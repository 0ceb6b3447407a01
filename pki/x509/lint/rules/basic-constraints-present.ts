import { OID } from '../../oid.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

export const basicConstraintsPresent: Rule = {
  id: 'basic-constraints-present',
  profiles: AUTHORITIES,
  clause: 'Doc 9303-12 Table 6',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.basicConstraints),
};
