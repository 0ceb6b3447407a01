import { bytesToInteger, concat, fromHex } from '#encoder/bytes';
import type { CipherSuite } from './cipher-suite.ts';

interface Constants {
  readonly c0: Uint8Array;
  readonly c1: Uint8Array;
}

/** The constants by length of the nonce s in bytes (Doc 9303-11 §4.4.3.3.2): 3DES and AES-128, then AES-192 and AES-256. */
const CONSTANTS: Readonly<Record<number, Constants>> = {
  16: { c0: fromHex('A668892A7C41E3CA739F40B057D85904'), c1: fromHex('A4E136AC725F738B01C1F60217C188AD') },
  32: {
    c0: fromHex('D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676'),
    c1: fromHex('54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517'),
  },
};

/** Bits that R is longer than the prime, so that its remainder is as good as uniform. */
const MARGIN_BITS = 64;

/**
 * R(s, t) of Integrated Mapping (Doc 9303-11 §4.4.3.3.2, figure 2): x1 || x2 || … of enough blocks for the prime. `s` is the nonce of the
 * chip and `t` that of the terminal, of the key length; both are the caller's to check.
 */
export function pseudoRandom(suite: CipherSuite, nonces: { s: Uint8Array; t: Uint8Array }, prime: bigint): Uint8Array {
  const constants = CONSTANTS[nonces.s.length];
  if (constants === undefined) throw new RangeError(`no constants for a nonce of ${nonces.s.length} bytes`);
  const blocks = Math.ceil((prime.toString(2).length + MARGIN_BITS) / (8 * nonces.s.length));
  const out: Uint8Array[] = [];
  let key = suite.encryptNonce(nonces.t, nonces.s);
  for (let i = 0; i < blocks; i += 1) {
    // Only AES-192 has a key shorter than what it makes of the constants.
    const truncated = key.subarray(0, suite.keyLength);
    out.push(suite.encryptNonce(truncated, constants.c1));
    const next = suite.encryptNonce(truncated, constants.c0);
    key.fill(0);
    key = next;
  }
  key.fill(0);
  return concat(...out);
}

/** Rp(s, t) = R(s, t) mod p. */
export function pseudoRandomElement(suite: CipherSuite, nonces: { s: Uint8Array; t: Uint8Array }, prime: bigint): bigint {
  const bytes = pseudoRandom(suite, nonces, prime);
  try {
    return bytesToInteger(bytes) % prime;
  } finally {
    bytes.fill(0);
  }
}
