import { constants, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto';
import { bytesToInteger, concat, fromHex, type Secret } from '#encoder/bytes';
import { derInteger, derSequence } from '#encoder/tlv';
import { HsmError } from './hsm-error.ts';
import type { RsaBits, RsaScheme } from './hsm.ts';

/** `DigestInfo` up to the digest (RFC 8017 §9.2, note 1). */
const DIGEST_INFO = {
  sha256: fromHex('3031300d060960864801650304020105000420'),
  sha384: fromHex('3041300d060960864801650304020205000430'),
  sha512: fromHex('3051300d060960864801650304020305000440'),
} as const satisfies Record<RsaScheme['hash'], Uint8Array>;

export const HASH_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const satisfies Record<RsaScheme['hash'], number>;

/** What RSASSA-PKCS1-v1_5 pads: `DigestInfo` in DER. */
export function digestInfo(hash: RsaScheme['hash'], digest: Uint8Array): Uint8Array {
  return concat(DIGEST_INFO[hash], digest);
}

/** RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 A.1.1), from the unsigned numbers of a token. */
export function encodeRsaPublicKey(modulus: Uint8Array, publicExponent: Uint8Array): Uint8Array {
  return derSequence(derInteger(bytesToInteger(modulus)), derInteger(bytesToInteger(publicExponent)));
}

/** @throws HsmError HSM_INPUT_INVALID when it is not an RSAPublicKey in DER. */
export function publicKeyOfRsa(publicKey: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'pkcs1' });
  } catch (cause) {
    throw new HsmError('HSM_INPUT_INVALID', { where: 'RSAPublicKey', cause });
  }
}

export function rsaBits(bits: number): RsaBits {
  if (bits === 2048 || bits === 3072 || bits === 4096) return bits;
  throw new HsmError('HSM_MECHANISM_UNSUPPORTED', { where: 'RSA', detail: `${bits} bits` });
}

/**
 * What the other side does: the value of an AES key (16 or 32 bytes) for one token only, that `Hsm.unwrapAesKey` takes. RSAES-OAEP (RFC 8017
 * §7.1) with SHA-1 and no label, all that SoftHSM 2.6 unwraps; OAEP asks no collision resistance of its hash.
 * @param publicKey RSAPublicKey in DER of a key made for unwrapping.
 */
export function wrapForToken(publicKey: Uint8Array, value: Secret): Uint8Array {
  if (value.length !== 16 && value.length !== 32) throw new HsmError('HSM_INPUT_INVALID', { where: 'wrapForToken', detail: 'key length' });
  const key = publicKeyOfRsa(publicKey);
  return Uint8Array.from(publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, value.reveal()));
}
