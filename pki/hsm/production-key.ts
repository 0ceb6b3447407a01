import { toHex } from '#encoder/bytes';
import { HsmError } from './hsm-error.ts';
import type { HsmObject } from './hsm.ts';

/**
 * What a plant signs with was made in the token, has always been sensitive and can never leave it (P7): anything else is
 * `HSM_KEY_EXPOSED`, whoever exposed it. An attribute that the token does not tell counts against the key.
 */
export function assertProductionKey(object: HsmObject): void {
  const { kind, sensitive, alwaysSensitive, extractable, neverExtractable, local } = object;
  const kept = sensitive === true && alwaysSensitive === true && extractable === false && neverExtractable === true && local === true;
  if (kind !== 'private-key' || !kept) throw new HsmError('HSM_KEY_EXPOSED', { where: toHex(object.keyId) });
}
