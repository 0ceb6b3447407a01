import { OID } from '../../oid.ts';
import { attributesOf } from '../names.ts';
import { ALL, type Rule } from '../rule.ts';

export const commonNamePresent: Rule = {
  id: 'common-name-present',
  profiles: ALL,
  clause: 'Doc 9303-12 §7.1.1.1',
  holds: ({ certificate: { issuer, subject } }) =>
    [issuer, subject].every((name) => attributesOf(name, OID.commonName).some(({ text }) => text !== '')),
};
