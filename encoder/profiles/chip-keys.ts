import { AccessError, chipAuthenticationPublicKey } from '#encoder/access';
import { DecodeError } from '#encoder/bytes';
import { decodeSubjectPublicKeyInfo, ecSubjectPublicKeyInfo } from '#encoder/lds';
import { ProfileError } from './profile-error.ts';
import type { CardProfile } from './profile-schema.ts';

type KeyName = 'activeAuthenticationKey' | 'chipAuthenticationKey';

/**
 * What the chip of a card must make or take, by the names of `ChipKeyAlgorithms` in `encoder/drivers`: `RSA-` and bits, `EC-` and a
 * curve, `DH-` and a group; null where the profile has no such protocol.
 */
export function chipKeyAlgorithms({ algorithms: { activeAuthentication, chipAuthentication } }: CardProfile): {
  readonly activeAuthentication: `RSA-${number}` | `EC-${string}` | null;
  readonly chipAuthentication: `EC-${string}` | `DH-${string}` | null;
} {
  return {
    activeAuthentication:
      activeAuthentication === null
        ? null
        : activeAuthentication.kind === 'rsa'
          ? `RSA-${activeAuthentication.bits}`
          : `EC-${activeAuthentication.curve}`,
    chipAuthentication:
      chipAuthentication === null
        ? null
        : chipAuthentication.kind === 'dh'
          ? `DH-${chipAuthentication.group}`
          : `EC-${chipAuthentication.curve}`,
  };
}

/** The key of DG15 as it goes into the file; `CHIP_KEY_UNSUITABLE` unless it is of the kind that the profile asks for. */
export function activeAuthenticationKeyInfo({ algorithms }: CardProfile, spki: Uint8Array | null): Uint8Array {
  const wanted = algorithms.activeAuthentication;
  const given = present(spki, 'activeAuthenticationKey');
  const key = reading('activeAuthenticationKey', () => decodeSubjectPublicKeyInfo(given, 'activeAuthenticationKey'));
  if (key.kind === 'ec') {
    if (wanted?.kind !== 'ecdsa' || key.curve !== wanted.curve) throw unsuitable('activeAuthenticationKey');
    return ecSubjectPublicKeyInfo(key.curve, key.point);
  }
  if (wanted?.kind !== 'rsa' || key.bits !== wanted.bits) throw unsuitable('activeAuthenticationKey');
  // An even modulus or exponent is no RSA key; a chip whose generator failed has been seen to answer with one.
  if (key.modulus % 2n === 0n || key.exponent % 2n === 0n || key.exponent < 3n) throw unsuitable('activeAuthenticationKey');
  return given;
}

/**
 * The key of Chip Authentication as DG14 and EF.CardSecurity have it: on a curve with explicit parameters (Doc 9303-11
 * §9.5.2), in a MODP group as the chip gave it out.
 */
export function chipAuthenticationKeyInfo({ algorithms }: CardProfile, spki: Uint8Array | null): Uint8Array {
  const wanted = algorithms.chipAuthentication;
  const given = present(spki, 'chipAuthenticationKey');
  const key = reading('chipAuthenticationKey', () => chipAuthenticationPublicKey(given, 'chipAuthenticationKey'));
  if ('modp' in key) {
    if (wanted?.kind !== 'dh' || key.modp !== wanted.group) throw unsuitable('chipAuthenticationKey');
    return given;
  }
  const { curve } = key;
  if (wanted?.kind !== 'ecdh' || curve !== wanted.curve) throw unsuitable('chipAuthenticationKey');
  return ecSubjectPublicKeyInfo(wanted.curve, key.point);
}

function present(spki: Uint8Array | null, where: KeyName): Uint8Array {
  if (spki === null) throw unsuitable(where);
  return spki;
}

function reading<T>(where: KeyName, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DecodeError) throw new ProfileError('CHIP_KEY_UNSUITABLE', { where: `${cause.path} @${cause.offset}`, cause });
    if (cause instanceof AccessError) throw new ProfileError('CHIP_KEY_UNSUITABLE', { where, cause });
    throw cause;
  }
}

function unsuitable(where: KeyName): ProfileError {
  return new ProfileError('CHIP_KEY_UNSUITABLE', { where });
}
