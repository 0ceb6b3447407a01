import { createHash } from 'node:crypto';
import { toHex } from '#encoder/bytes';

/**
 * SHA-256 of a file in sixteen groups of four hexadecimal digits: `1A2B 3C4D …`. Two people read it to each other over the telephone before a
 * request is certified or a certificate admitted, because the file itself came by an untrusted way (Doc 9303-12 §6.1.1).
 */
export function readAloud(file: Uint8Array): string {
  const digits = toHex(Uint8Array.from(createHash('sha256').update(file).digest()));
  return (digits.match(/.{4}/g) ?? []).join(' ');
}
