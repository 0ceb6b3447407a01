import { derBitString, derNull, derOid, derSequence } from '#encoder/tlv';
import { explicitSpki, type EcCurveName } from '#pki/ec';
import { OID } from './oid.ts';

/** The public half of a token's key, as far as a certificate must know it. */
export type SubjectKey =
  | { readonly kind: 'ec'; readonly curve: EcCurveName; readonly point: Uint8Array }
  /** `publicKey` is RSAPublicKey in DER (RFC 8017 §A.1.1). */
  | { readonly kind: 'rsa'; readonly publicKey: Uint8Array };

/** SubjectPublicKeyInfo as Doc 9303-12 §4.1.6 wants it: EC with explicit parameters, RSA as rsaEncryption with NULL (RFC 3279 §2.3.1). */
export function subjectPublicKeyInfo(key: SubjectKey): Uint8Array {
  if (key.kind === 'ec') return explicitSpki(key.curve, key.point);
  return derSequence(derSequence(derOid(OID.rsaEncryption), derNull()), derBitString(key.publicKey));
}
