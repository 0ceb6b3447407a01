import { decodeSubjectPublicKeyInfo } from '#encoder/lds';
import { OID } from '../../oid.ts';
import { subjectKey } from '../subject-key.ts';
import { ICAO, type Rule } from '../rule.ts';

/** Parameters that are spelled out can be anything: another base point gives everyone the private key (CVE-2020-0601). */
export const ecDomainParametersOfAKnownCurve: Rule = {
  id: 'ec-domain-parameters-of-a-known-curve',
  profiles: ICAO,
  clause: 'Doc 9303-12 §4.1.6; BSI TR-03111 §4.1',
  holds: ({ certificate: { spki } }) => subjectKey(spki).algorithm !== OID.ecPublicKey || decodeSubjectPublicKeyInfo(spki).kind === 'ec',
};
