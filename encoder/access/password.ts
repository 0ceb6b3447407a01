import { createHash } from 'node:crypto';
import { Secret, utf8 } from '#encoder/bytes';
import { CIPHER_SUITES, type CipherSuite, deriveKey, deriveSessionKeys, KDF_PI, type SessionKeys } from './cipher-suite.ts';

/** Passwords of PACE and their reference in MSE:Set AT (tag 83; Doc 9303-11 §4.4.4.1, PIN and PUK by BSI TR-03110-3 §B.14.1). */
export const PASSWORD_REFERENCES = { mrz: 0x01, can: 0x02, pin: 0x03, puk: 0x04 } as const;
export type PasswordKind = keyof typeof PASSWORD_REFERENCES;

export interface PacePassword {
  readonly kind: PasswordKind;
  /** K of KDFπ (Doc 9303-11 §9.7.3): SHA-1 of the MRZ information, or the characters of CAN, PIN or PUK. */
  readonly k: Secret;
}

/**
 * The password MRZ. `mrzInformation` is document number, date of birth and date of expiry, each with its check digit
 * (Doc 9303-11 §4.3.2; `mrzInformation` of `#encoder/mrz`): ASCII.
 */
export function mrzPassword(mrzInformation: string): PacePassword {
  return { kind: 'mrz', k: Secret.takeOver(sha1(mrzInformation)) };
}

/** The password CAN: digits as printed. */
export function canPassword(can: string): PacePassword {
  return { kind: 'can', k: Secret.takeOver(utf8(can)) };
}

/** The password PIN, which its holder alone knows; chips count wrong ones (BSI TR-03110-2 §2.2.1). */
export function pinPassword(pin: string): PacePassword {
  return { kind: 'pin', k: Secret.takeOver(utf8(pin)) };
}

/** The password PUK, which unblocks the PIN (BSI TR-03110-2 §2.2.2). */
export function pukPassword(puk: string): PacePassword {
  return { kind: 'puk', k: Secret.takeOver(utf8(puk)) };
}

/** Kπ = KDF(K, 3) (Doc 9303-11 §9.7.3). */
export function passwordKey(suite: CipherSuite, password: PacePassword): Secret {
  return deriveKey(suite, password.k.reveal(), KDF_PI);
}

/** The document basic access keys: Kseed is the first 16 bytes of SHA-1 of the MRZ information (Doc 9303-11 §9.7.2). */
export function basicAccessKeys(mrzInformation: string): SessionKeys {
  const digest = sha1(mrzInformation);
  try {
    return deriveSessionKeys(CIPHER_SUITES['3DES'], digest.subarray(0, 16));
  } finally {
    digest.fill(0);
  }
}

function sha1(text: string): Uint8Array {
  return new Uint8Array(createHash('sha1').update(text, 'latin1').digest());
}
