import { DER } from '#encoder/tlv';
import { OID } from '../../oid.ts';
import { members, whenPresent } from '../extension-values.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

export const pathLengthConstraintZero: Rule = {
  id: 'path-length-constraint-zero',
  profiles: AUTHORITIES,
  clause: 'Doc 9303-12 Table 6, Basic Constraints',
  holds: ({ certificate }) =>
    whenPresent(certificate, OID.basicConstraints, (value) =>
      members(value).some(({ tag, value: length }) => tag === DER.INTEGER && length.length === 1 && length[0] === 0),
    ),
};
