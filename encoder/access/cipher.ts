import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * Block ciphers without padding of their own: every standard here pads by ISO/IEC 9797-1 method 2 or not at all.
 * OpenSSL knows single DES only as a legacy algorithm, so it is built as triple DES with one key three times.
 */

export const AES_BLOCK = 16;
export const DES_BLOCK = 8;

type Direction = 'encrypt' | 'decrypt';

export function aesCbc(direction: Direction, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  return run(direction, `aes-${key.length * 8}-cbc`, key, iv, data);
}

export function aesEcb(direction: Direction, key: Uint8Array, data: Uint8Array): Uint8Array {
  return run(direction, `aes-${key.length * 8}-ecb`, key, null, data);
}

/** Two-key triple DES (16-byte key), CBC with zero IV as Doc 9303-11 §9.8.6.1 and §4.3.3.1 use it. */
export function tdesCbc(direction: Direction, key: Uint8Array, data: Uint8Array): Uint8Array {
  return run(direction, 'des-ede-cbc', key, new Uint8Array(DES_BLOCK), data);
}

export function tdesEcb(direction: Direction, key: Uint8Array, data: Uint8Array): Uint8Array {
  return run(direction, 'des-ede', key, null, data);
}

/** Single DES, CBC with zero IV. */
export function desCbcEncrypt(key: Uint8Array, data: Uint8Array): Uint8Array {
  const thrice = new Uint8Array(24);
  for (const at of [0, 8, 16]) thrice.set(key, at);
  try {
    return run('encrypt', 'des-ede3-cbc', thrice, new Uint8Array(DES_BLOCK), data);
  } finally {
    thrice.fill(0);
  }
}

/** ISO/IEC 9797-1 padding method 2: 80, then zeros to the next whole block. Always adds at least one byte. */
export function pad2(data: Uint8Array, block: number): Uint8Array {
  const padded = new Uint8Array((Math.floor(data.length / block) + 1) * block);
  padded.set(data);
  padded[data.length] = 0x80;
  return padded;
}

/** The data without its padding, or undefined when there is none: the caller answers a chip or terminal with its own error. */
export function unpad2(padded: Uint8Array): Uint8Array | undefined {
  const end = padded.findLastIndex((byte) => byte !== 0);
  return end >= 0 && padded[end] === 0x80 ? padded.slice(0, end) : undefined;
}

function run(direction: Direction, algorithm: string, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array): Uint8Array {
  const cipher = direction === 'encrypt' ? createCipheriv(algorithm, key, iv) : createDecipheriv(algorithm, key, iv);
  cipher.setAutoPadding(false);
  // Nothing is held back without padding: `final` has nothing to add, and throws when the data is not whole blocks.
  const out = cipher.update(data);
  cipher.final();
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
}
