import { decodeOnly, decodeTlvs, DER, type Tlv } from '#encoder/tlv';
import { OID } from '../../oid.ts';
import { members, whenPresent } from '../extension-values.ts';
import { ALL, type Rule } from '../rule.ts';

/** `critical` and `cA` are FALSE, and the trailer of RSASSA-PSS is 1, by not being there. */
export const defaultValuesNotEncoded: Rule = {
  id: 'default-values-not-encoded',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 5, extensions; ISO/IEC 8825-1 §11.5',
  holds: ({ certificate }) =>
    !rawExtensions(certificate.der).some((extension) => spellsOutFalse(decodeTlvs(extension.value, 'extension'))) &&
    whenPresent(certificate, OID.basicConstraints, (value) => !spellsOutFalse(members(value))) &&
    !hasTrailer(certificate.signatureAlgorithmDer),
};

function rawExtensions(tbs: Uint8Array): readonly Tlv[] {
  const explicit = decodeTlvs(decodeOnly(tbs, DER.SEQUENCE, 'tbsCertificate').rest(), 'tbsCertificate').find(({ tag }) => tag === 0xa3);
  return explicit === undefined ? [] : decodeTlvs(explicit.value, 'extensions').flatMap(({ value }) => decodeTlvs(value, 'extensions'));
}

function spellsOutFalse(fields: readonly Tlv[]): boolean {
  return fields.some(({ tag, value }) => tag === DER.BOOLEAN && value[0] === 0);
}

function hasTrailer(algorithm: Uint8Array): boolean {
  const parameters = decodeTlvs(decodeOnly(algorithm, DER.SEQUENCE, 'signature').rest(), 'signature')[1];
  return parameters?.tag === DER.SEQUENCE && decodeTlvs(parameters.value, 'signature').some(({ tag }) => tag === 0xa3);
}
