import { createCipheriv, createHash } from 'node:crypto';
import { concat, uintBE, utf8, type Secret } from '#encoder/bytes';

/**
 * SHA-1 of the content of `subjectPublicKey`, an EC point or an RSAPublicKey: an identifier, not a protection (RFC 5280 §4.2.1.2 method 1;
 * the token's CKA_ID).
 */
export function keyIdOfPublicKey(publicKey: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha1').update(publicKey).digest());
}

/** CKA_CHECK_VALUE of an AES key: the first three bytes of AES-ECB over a zero block (PKCS#11 v2.40 §4.10.2). */
export function checkValueOf(key: Secret): Uint8Array {
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb', key.reveal(), null);
  return Uint8Array.from(cipher.update(new Uint8Array(16)).subarray(0, CHECK_VALUE_BYTES));
}

const CHECK_VALUE_BYTES = 3;
const MAC_BYTES = 16;

/** What an unwrapped key computes its CMAC over, to be known by; no input of a key derivation begins like it (SP 800-108 starts with a counter). */
export const IDENTIFYING_DATA: Uint8Array = utf8('cardmint/key-identifier/1');

/**
 * The identifier of an AES key that was unwrapped: CMAC(`IDENTIFYING_DATA`) || check value || bytes of the key. A token need not
 * say the length or the check value of what it unwrapped (SoftHSM 2.6 has neither), but every token can compute the CMAC again: so the
 * identifier proves the key behind it, as SHA-1 of the public half does for a pair.
 */
export function keyIdOfUnwrapped(mac: Uint8Array, checkValue: Uint8Array, bits: 128 | 256): Uint8Array {
  return concat(mac, checkValue, uintBE(bits / 8, 1));
}

export interface UnwrappedFacts {
  readonly mac: Uint8Array;
  readonly checkValue: Uint8Array;
  readonly bits: 128 | 256;
}

/** The reverse; undefined for an identifier that was not made so. */
export function factsOfUnwrapped(keyId: Uint8Array): UnwrappedFacts | undefined {
  const bytes = keyId[MAC_BYTES + CHECK_VALUE_BYTES];
  if (keyId.length !== MAC_BYTES + CHECK_VALUE_BYTES + 1 || (bytes !== 16 && bytes !== 32)) return undefined;
  return { mac: keyId.slice(0, MAC_BYTES), checkValue: keyId.slice(MAC_BYTES, -1), bits: bytes === 16 ? 128 : 256 };
}
