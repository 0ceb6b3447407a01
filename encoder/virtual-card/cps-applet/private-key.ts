import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { EC_DOMAINS } from '#encoder/access';
import type { ChipKey, KeyRole } from '../memory.ts';

const RSA_BITS: readonly number[] = [1024, 2048, 3072];
const CURVES: ReadonlySet<string> = new Set(Object.values(EC_DOMAINS).map(({ opensslName }) => opensslName));

/** A key that was made elsewhere, from PKCS #8 (RFC 5208 §5); undefined when it is none, or none that the chip can use in this role. */
export function importKey(role: KeyRole, pkcs8: Uint8Array): ChipKey | undefined {
  const privateKey = read(pkcs8);
  if (privateKey === undefined || !fits(role, privateKey)) return undefined;
  return {
    privateKey: Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })),
    publicKey: Uint8Array.from(createPublicKey(privateKey).export({ format: 'der', type: 'spki' })),
  };
}

function fits(role: KeyRole, { asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'ec') return CURVES.has(asymmetricKeyDetails?.namedCurve ?? '');
  const rsa = asymmetricKeyType === 'rsa' && RSA_BITS.includes(asymmetricKeyDetails?.modulusLength ?? 0);
  return rsa && role === 'activeAuthentication';
}

/** OpenSSL refuses with errors of many kinds. */
function read(pkcs8: Uint8Array): KeyObject | undefined {
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  }
}
