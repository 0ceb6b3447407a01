import { EC_CURVES } from '#pki/ec';
import { HsmError } from './hsm-error.ts';
import type { RsaScheme, SigningKey } from './hsm.ts';
import { HASH_BYTES } from './rsa.ts';

/** What every implementation of `sign` and `verify` refuses before its token sees anything: `HSM_INPUT_INVALID`. */
export function assertSignable(key: SigningKey, digest: Uint8Array, scheme: RsaScheme | undefined): void {
  const well =
    key.kind === 'rsa'
      ? scheme !== undefined && digest.length === HASH_BYTES[scheme.hash]
      : scheme === undefined && digest.length >= 20 && digest.length <= 64;
  if (!well) throw new HsmError('HSM_INPUT_INVALID', { where: 'sign', detail: `${key.kind}, a digest of ${digest.length} bytes` });
}

/** r and s, each as long as the group order; or as long as the modulus. */
export function signatureBytes(key: SigningKey): number {
  return key.kind === 'ec' ? 2 * EC_CURVES[key.curve].size : key.bits / 8;
}

/** What a token answered to `sign`, if it has the length of a signature by this key: DER, or numbers with zeros stripped or added, have not. */
export function assertSignatureForm(key: SigningKey, signature: Uint8Array): Uint8Array {
  if (signature.length !== signatureBytes(key))
    throw new HsmError('HSM_SIGNATURE_FORM', { where: 'sign', detail: `${signature.length} bytes` });
  return signature;
}
