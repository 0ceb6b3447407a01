import { verify, type KeyObject } from 'node:crypto';

/**
 * Verifies a raw r || s over a message with node:crypto, the library that did not make it. Any failure inside OpenSSL
 * (a length that is not twice the order, r or s out of range) is `false`: to the caller a bad signature is a bad signature.
 */
export function verifyEcdsaRaw(hash: 'sha256' | 'sha384' | 'sha512', message: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return verify(hash, message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}
