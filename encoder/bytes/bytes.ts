import { timingSafeEqual } from 'node:crypto';
import { DecodeError } from './decode-error.ts';

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Big-endian unsigned integer in exactly `size` bytes. */
export function uintBE(value: number, size: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
    throw new RangeError(`an unsigned integer of ${size} bytes is needed`);
  }
  const out = new Uint8Array(size);
  let rest = value;
  for (let i = size - 1; i >= 0; i -= 1) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return out;
}

/** Constant time in the content (not in the lengths): for MACs, cryptograms, tags and tokens. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Not constant time: for public values only (file contents read back, hashes of public data). */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length !== b.length) throw new RangeError('xor needs two operands of one length');
  return a.map((byte, i) => byte ^ (b[i] ?? 0));
}

export function utf8(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'utf8'));
}

export function ascii(text: string): Uint8Array {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new RangeError('the text has a character outside ASCII');
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** Strict UTF-8: overlong forms, surrogates and cut sequences are errors, and a byte order mark is kept as the character it is. */
export function decodeUtf8(bytes: Uint8Array, path = 'text'): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DecodeError('TEXT_NOT_UTF8', { path, offset: 0 }, { cause });
  }
}

/** An unsigned big-endian integer; no bytes are zero. */
export function bytesToInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
