import { equalBytes } from '#encoder/bytes';
import { derNull } from '#encoder/tlv';
import { OID } from '../../oid.ts';
import { whenPresent } from '../extension-values.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

export const nameChangeIsNull: Rule = {
  id: 'name-change-is-null',
  profiles: AUTHORITIES,
  clause: 'Doc 9303-12 §7.1.1.5',
  holds: ({ certificate }) => whenPresent(certificate, OID.nameChange, (value) => equalBytes(value, derNull())),
};
