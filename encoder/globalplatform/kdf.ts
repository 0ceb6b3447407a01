import { concat, uintBE } from '#encoder/bytes';
import { aesCmac } from '#encoder/access';

/**
 * Key derivation in counter mode with AES-CMAC (NIST SP 800-108r1 §4.1) and a counter of one byte, which the
 * application places anywhere in the fixed input: K(i) = CMAC(key, before || i || after), i = 1, 2, …
 */
export function deriveCounterMode(
  key: Uint8Array,
  input: { readonly before: Uint8Array; readonly after: Uint8Array },
  length: number,
): Uint8Array {
  const derived = new Uint8Array(length);
  for (let at = 0, i = 1; at < length; at += 16, i += 1) {
    const block = aesCmac(key, concat(input.before, uintBE(i, 1), input.after));
    derived.set(block.subarray(0, length - at), at);
    block.fill(0);
  }
  return derived;
}

/** Derivation constants of SCP03 (GPC Amendment D v1.2 §4.1.5, table 4-1). */
export const DerivationConstant = {
  CARD_CRYPTOGRAM: 0x00,
  HOST_CRYPTOGRAM: 0x01,
  CARD_CHALLENGE: 0x02,
  S_ENC: 0x04,
  S_MAC: 0x06,
  S_RMAC: 0x07,
} as const;

/** SCP03 data derivation (GPC Amendment D v1.2 §4.1.5): label (11 zeros, constant) || 00 || L in bits || counter || context. */
export function deriveScp03(key: Uint8Array, constant: number, context: Uint8Array, length: number): Uint8Array {
  const before = concat(new Uint8Array(11), uintBE(constant, 1), uintBE(0, 1), uintBE(length * 8, 2));
  return deriveCounterMode(key, { before, after: context }, length);
}
