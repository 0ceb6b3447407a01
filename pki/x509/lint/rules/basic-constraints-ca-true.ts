import { OID } from '../../oid.ts';
import { whenPresent } from '../extension-values.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

export const basicConstraintsCaTrue: Rule = {
  id: 'basic-constraints-ca-true',
  profiles: AUTHORITIES,
  clause: 'Doc 9303-12 Table 6, Basic Constraints; RFC 5280 §4.2.1.9',
  holds: ({ certificate }) => whenPresent(certificate, OID.basicConstraints, () => certificate.isCa),
};
