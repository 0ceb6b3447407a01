import { decodeTlvs, DER } from '#encoder/tlv';
import { OID } from '../../oid.ts';
import { subjectKey } from '../subject-key.ts';
import { ICAO, type Rule } from '../rule.ts';

/** No named curve and no implicit parameters: version, field, curve, base point, order and cofactor. */
export const explicitEcParametersUncompressedWithCofactor: Rule = {
  id: 'explicit-ec-parameters-uncompressed-with-cofactor',
  profiles: ICAO,
  clause: 'Doc 9303-12 §4.1.6',
  holds: ({ certificate: { spki } }) => {
    const { algorithm, parameters, key } = subjectKey(spki);
    if (algorithm !== OID.ecPublicKey) return true;
    const members = parameters?.tag === DER.SEQUENCE ? decodeTlvs(parameters.value, 'spki/parameters') : [];
    return (
      members.map(({ tag }) => tag).join() === EC_PARAMETERS.join() && members[3]?.value[0] === UNCOMPRESSED && key[0] === UNCOMPRESSED
    );
  },
};

const EC_PARAMETERS = [DER.INTEGER, DER.SEQUENCE, DER.SEQUENCE, DER.OCTET_STRING, DER.INTEGER, DER.INTEGER] as const;
const UNCOMPRESSED = 0x04;
