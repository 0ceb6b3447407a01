import { createCipheriv, createHash } from 'node:crypto';
import type { Secret } from '#encoder/bytes';

/** SHA-1 of the public point: an identifier, not a protection (RFC 5280 §4.2.1.2 method 1; the token's CKA_ID). */
export function keyIdOfPoint(point: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha1').update(point).digest());
}

/** CKA_CHECK_VALUE of an AES key: the first three bytes of AES-ECB over a zero block (PKCS#11 v2.40 §4.10.2). */
export function checkValueOf(key: Secret): Uint8Array {
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb', key.reveal(), null);
  return Uint8Array.from(cipher.update(new Uint8Array(16)).subarray(0, 3));
}
