import { verify, type KeyObject } from 'node:crypto';
import { derOid, tlv } from '#encoder/tlv';

export type HashName = 'sha224' | 'sha256' | 'sha384' | 'sha512';

export interface SignatureAlgorithm {
  readonly key: 'ec' | 'rsa';
  readonly hash: HashName;
}

/** RFC 5758 §3.2. */
export const ECDSA_OID = Object.freeze({
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
} as const satisfies Record<HashName, string>);

/** ECDSA and RSASSA-PKCS1-v1_5 with the hashes that Doc 9303-12 §4.1.6 permits; RSASSA-PSS is not read yet and is named as such by the caller. */
const ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  [ECDSA_OID.sha224, { key: 'ec', hash: 'sha224' }],
  [ECDSA_OID.sha256, { key: 'ec', hash: 'sha256' }],
  [ECDSA_OID.sha384, { key: 'ec', hash: 'sha384' }],
  [ECDSA_OID.sha512, { key: 'ec', hash: 'sha512' }],
  ['1.2.840.113549.1.1.14', { key: 'rsa', hash: 'sha224' }],
  ['1.2.840.113549.1.1.11', { key: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { key: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { key: 'rsa', hash: 'sha512' }],
]);

export function algorithmOfOid(oid: string): SignatureAlgorithm | undefined {
  return ALGORITHMS.get(oid);
}

/** AlgorithmIdentifier of ecdsa-with-SHA…: parameters absent (RFC 5758 §3.2). */
export function encodeEcdsaAlgorithm(hash: HashName): Uint8Array {
  return tlv(0x30, derOid(ECDSA_OID[hash]));
}

/** False for whatever is wrong: the wrong kind of key, a signature that does not parse, a signature that does not verify. */
export function verifySignature(algorithm: SignatureAlgorithm, message: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType !== algorithm.key) return false;
  try {
    return verify(algorithm.hash, message, key, signature);
  } catch {
    return false;
  }
}
