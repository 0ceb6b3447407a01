import { aesEcb, tdesEcb } from '#encoder/access';
import type { Secret } from '#encoder/bytes';
import type { KeyKind } from './key-kind.ts';

const CHECK_VALUE_BYTES = 3;

/**
 * Key check value, 3 bytes. AES: of sixteen 01 bytes encrypted (GPC Amendment D v1.2 §4.1.4); triple DES: of eight 00 bytes
 * encrypted (GPC v2.3.1 §B.6).
 */
export function keyCheckValue(key: Secret, kind: KeyKind = 'AES'): Uint8Array {
  const encrypted =
    kind === 'AES' ? aesEcb('encrypt', key.reveal(), new Uint8Array(16).fill(0x01)) : tdesEcb('encrypt', key.reveal(), new Uint8Array(8));
  return encrypted.slice(0, CHECK_VALUE_BYTES);
}
