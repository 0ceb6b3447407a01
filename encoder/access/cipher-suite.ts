import { createHash } from 'node:crypto';
import { Secret, uintBE } from '#encoder/bytes';
import { AES_BLOCK, aesCbc, aesEcb, DES_BLOCK, pad2, tdesCbc } from './cipher.ts';
import { aesCmac, retailMac } from './mac.ts';

export type CipherName = '3DES' | 'AES-128' | 'AES-192' | 'AES-256';

/** All that a protocol of Doc 9303-11 needs of a symmetric cipher; nothing switches on the name afterwards. */
export interface CipherSuite {
  readonly name: CipherName;
  readonly keyLength: number;
  readonly block: number;
  /** Hash of the key derivation function (§9.7.1): SHA-1 for keys up to 128 bits, SHA-256 above. */
  readonly hash: 'sha1' | 'sha256';
  /** CBC over whole blocks under KSenc; `ssc` gives the IV (§9.8.6.1: zero for 3DES; §9.8.7.1: the encrypted counter for AES). */
  encrypt(key: Uint8Array, ssc: Uint8Array, padded: Uint8Array): Uint8Array;
  decrypt(key: Uint8Array, ssc: Uint8Array, blocks: Uint8Array): Uint8Array;
  /** CBC with zero IV, for the PACE nonce (§4.4.3.3). */
  encryptNonce(key: Uint8Array, nonce: Uint8Array): Uint8Array;
  decryptNonce(key: Uint8Array, nonce: Uint8Array): Uint8Array;
  /** 8 bytes. The message is taken as it is; secure messaging pads it before, a PACE token does not. */
  mac(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** As `mac`, over a message that secure messaging pads first (ISO/IEC 7816-4 §10.2.3.1). */
  macPadded(key: Uint8Array, message: Uint8Array): Uint8Array;
}

const zero = new Uint8Array(AES_BLOCK);

function aesSuite(bits: 128 | 192 | 256): CipherSuite {
  const mac = (key: Uint8Array, message: Uint8Array): Uint8Array => aesCmac(key, message).slice(0, 8);
  return {
    name: `AES-${bits}`,
    keyLength: bits / 8,
    block: AES_BLOCK,
    hash: bits === 128 ? 'sha1' : 'sha256',
    encrypt: (key, ssc, padded) => aesCbc('encrypt', key, aesEcb('encrypt', key, ssc), padded),
    decrypt: (key, ssc, blocks) => aesCbc('decrypt', key, aesEcb('encrypt', key, ssc), blocks),
    encryptNonce: (key, nonce) => aesCbc('encrypt', key, zero, nonce),
    decryptNonce: (key, nonce) => aesCbc('decrypt', key, zero, nonce),
    mac,
    macPadded: (key, message) => mac(key, pad2(message, AES_BLOCK)),
  };
}

/** The retail MAC pads by itself, with the very padding that secure messaging asks for: both forms are one. */
const TDES: CipherSuite = {
  name: '3DES',
  keyLength: 16,
  block: DES_BLOCK,
  hash: 'sha1',
  encrypt: (key, _ssc, padded) => tdesCbc('encrypt', key, padded),
  decrypt: (key, _ssc, blocks) => tdesCbc('decrypt', key, blocks),
  encryptNonce: (key, nonce) => tdesCbc('encrypt', key, nonce),
  decryptNonce: (key, nonce) => tdesCbc('decrypt', key, nonce),
  mac: retailMac,
  macPadded: retailMac,
};

export const CIPHER_SUITES: Readonly<Record<CipherName, CipherSuite>> = {
  '3DES': TDES,
  'AES-128': aesSuite(128),
  'AES-192': aesSuite(192),
  'AES-256': aesSuite(256),
};

/** The ciphers by the last arc of an object identifier of PACE or Chip Authentication (Doc 9303-11 tables 2, 3, 5 and 6). */
export const CIPHER_ARCS: Readonly<Record<number, CipherName>> = { 1: '3DES', 2: 'AES-128', 3: 'AES-192', 4: 'AES-256' };

/** Counters of the key derivation function (Doc 9303-11 §9.7.1). */
export const KDF_ENC = 1;
export const KDF_MAC = 2;
export const KDF_PI = 3;

/** KDF(K, c) = the first bytes of H(K || c), with odd parity for DES keys (Doc 9303-11 §9.7.1). */
export function deriveKey(suite: CipherSuite, sharedSecret: Uint8Array, counter: number): Secret {
  const digest = new Uint8Array(createHash(suite.hash).update(sharedSecret).update(uintBE(counter, 4)).digest());
  const key = digest.slice(0, suite.keyLength);
  digest.fill(0);
  return Secret.takeOver(suite.name === '3DES' ? withOddParity(key) : key);
}

export interface SessionKeys {
  readonly enc: Secret;
  readonly mac: Secret;
}

export function deriveSessionKeys(suite: CipherSuite, sharedSecret: Uint8Array): SessionKeys {
  return { enc: deriveKey(suite, sharedSecret, KDF_ENC), mac: deriveKey(suite, sharedSecret, KDF_MAC) };
}

function withOddParity(key: Uint8Array): Uint8Array {
  for (const [i, byte] of key.entries()) {
    let ones = 0;
    for (let bit = 1; bit < 8; bit += 1) ones += (byte >> bit) & 1;
    key[i] = (byte & 0xfe) | ((ones & 1) ^ 1);
  }
  return key;
}
