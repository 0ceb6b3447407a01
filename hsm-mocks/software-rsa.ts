import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPair,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { concat, equalBytes, Secret, uintBE, xor } from '#encoder/bytes';
import { digestInfo, HASH_BYTES, keyIdOfPublicKey, rsaBits, type RsaKey, type RsaKeyRequest, type RsaScheme } from '#pki/hsm';

export interface StoredRsaKey {
  readonly key: RsaKey;
  readonly privateKey: KeyObject;
}

/** From OpenSSL's own generator: it takes no randomness from a test. */
export async function makeRsaKey({ label, bits, purpose }: RsaKeyRequest): Promise<StoredRsaKey> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: rsaBits(bits) });
  const publicKey = Uint8Array.from(pair.publicKey.export({ format: 'der', type: 'pkcs1' }));
  const key = Object.freeze<RsaKey>({ kind: 'rsa', keyId: keyIdOfPublicKey(publicKey), bits, publicKey, purpose, label });
  return { key, privateKey: pair.privateKey };
}

/** Over a digest, which node:crypto does not offer: it pads here and leaves OpenSSL the bare RSA operation. */
export function signRsa({ key, privateKey }: StoredRsaKey, digest: Uint8Array, scheme: RsaScheme): Uint8Array {
  if (scheme.padding === 'pkcs1')
    return Uint8Array.from(privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, digestInfo(scheme.hash, digest)));
  const encoded = encodePss(digest, randomBytes(HASH_BYTES[scheme.hash]), { hash: scheme.hash, bytes: key.bits / 8 });
  return Uint8Array.from(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded));
}

export function verifyRsa({ key, privateKey }: StoredRsaKey, digest: Uint8Array, signature: Uint8Array, scheme: RsaScheme): boolean {
  const publicKey = createPublicKey(privateKey);
  try {
    if (scheme.padding === 'pkcs1')
      return equalBytes(
        publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature),
        digestInfo(scheme.hash, digest),
      );
    const encoded = publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature);
    return isPssOf(encoded, digest, { hash: scheme.hash, bytes: key.bits / 8 });
  } catch {
    return false;
  }
}

/** What `wrapForToken` wrapped; undefined when it was not for this key. */
export function unwrapRsa({ privateKey }: StoredRsaKey, wrapped: Uint8Array): Secret | undefined {
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return Secret.takeOver(privateDecrypt({ key: privateKey, padding, oaepHash: 'sha1' }, wrapped));
  } catch {
    return undefined;
  }
}

interface PssShape {
  readonly hash: RsaScheme['hash'];
  /** Of the modulus, and so of the encoded message: the modulus has a number of bits that 8 divides. */
  readonly bytes: number;
}

/** EMSA-PSS-ENCODE (RFC 8017 §9.1.1) with emBits = modBits - 1: the first bit is clear. */
function encodePss(digest: Uint8Array, salt: Uint8Array, shape: PssShape): Uint8Array {
  const hash = hashWithSalt(digest, salt, shape);
  const block = concat(new Uint8Array(shape.bytes - salt.length - hash.length - 2), Uint8Array.of(0x01), salt);
  const masked = xor(block, mgf1(hash, block.length, shape));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return concat(masked, hash, Uint8Array.of(0xbc));
}

/** EMSA-PSS-VERIFY (§9.1.2): the salt that the block holds, encoded again, gives the same block. */
function isPssOf(encoded: Uint8Array, digest: Uint8Array, shape: PssShape): boolean {
  const size = HASH_BYTES[shape.hash];
  const hash = encoded.subarray(-size - 1, -1);
  const masked = encoded.subarray(0, encoded.length - size - 1);
  const salt = xor(masked, mgf1(hash, masked.length, shape)).slice(-size);
  return equalBytes(encodePss(digest, salt, shape), encoded);
}

function hashWithSalt(digest: Uint8Array, salt: Uint8Array, { hash }: PssShape): Uint8Array {
  return Uint8Array.from(createHash(hash).update(new Uint8Array(8)).update(digest).update(salt).digest());
}

/** MGF1 (RFC 8017 B.2.1). */
function mgf1(seed: Uint8Array, length: number, { hash }: PssShape): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / HASH_BYTES[hash]) }, (_, counter) =>
    Uint8Array.from(createHash(hash).update(seed).update(uintBE(counter, 4)).digest()),
  );
  return concat(...blocks).subarray(0, length);
}
