import { AES_BLOCK, aesCbc, aesEcb, DES_BLOCK, desCbcEncrypt, pad2, tdesEcb } from './cipher.ts';
import { xor } from '#encoder/bytes';

/** AES-CMAC (RFC 4493; NIST SP 800-38B) with a key of 16, 24 or 32 bytes: all 16 bytes, callers truncate. */
export function aesCmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const k1 = double(aesEcb('encrypt', key, new Uint8Array(AES_BLOCK)));
  const whole = message.length > 0 && message.length % AES_BLOCK === 0;
  const blocks = whole ? Uint8Array.from(message) : pad2(message, AES_BLOCK);
  const subkey = whole ? k1 : double(k1);
  const last = blocks.subarray(-AES_BLOCK);
  last.set(xor(last, subkey));
  return aesCbc('encrypt', key, new Uint8Array(AES_BLOCK), blocks).slice(-AES_BLOCK);
}

/**
 * Retail MAC: ISO/IEC 9797-1 MAC algorithm 3 with DES (Doc 9303-11 §9.8.6.1), key K || K' of 16 bytes, padding method 2, 8 bytes.
 * Its last step over the last block, E_K(D_K'(E_K(x))), is two-key triple DES.
 */
export function retailMac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const padded = pad2(message, DES_BLOCK);
  const head = padded.subarray(0, -DES_BLOCK);
  const last = padded.subarray(-DES_BLOCK);
  const chained = head.length === 0 ? last : xor(last, desCbcEncrypt(key.subarray(0, 8), head).subarray(-DES_BLOCK));
  return tdesEcb('encrypt', key, chained);
}

/** Doubling in GF(2^128) (RFC 4493 §2.3). The key-dependent branch is arithmetic, so that time says nothing about the key. */
function double(block: Uint8Array): Uint8Array {
  const out = block.map((byte, i) => ((byte << 1) | ((block[i + 1] ?? 0) >> 7)) & 0xff);
  out[AES_BLOCK - 1] = (out[AES_BLOCK - 1] ?? 0) ^ (0x87 & -((block[0] ?? 0) >> 7));
  return out;
}
