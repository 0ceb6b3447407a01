import { DER } from '#encoder/tlv';
import { OID } from '../../oid.ts';
import { subjectKey } from '../subject-key.ts';
import { ICAO, type Rule } from '../rule.ts';

export const subjectKeyEcOrRsa: Rule = {
  id: 'subject-key-ec-or-rsa',
  profiles: ICAO,
  clause: 'Doc 9303-12 §4.1.6',
  holds: ({ certificate: { spki } }) => {
    const { algorithm, parameters } = subjectKey(spki);
    return algorithm === OID.ecPublicKey || (algorithm === OID.rsaEncryption && parameters?.tag === DER.NULL);
  },
};
