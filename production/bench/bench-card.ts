import { generateKeyPairSync } from 'node:crypto';
import { chipKeyAlgorithms, profileById, type CitizenRecord } from '#encoder/profiles';
import { cardFiles } from '#queues/steps';
import { throwawayChain } from './throwaway-cvca.ts';

/** What goes under the signature of one card. */
export interface CardToSign {
  readonly efCom: Uint8Array;
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
}

const CHIP_ID = '000000000000C0DE';

/** The files of a whole card of this profile, with chip keys that no chip has. */
export function cardToSign(record: CitizenRecord, profile: string): CardToSign {
  const keys = chipKeyAlgorithms(profileById(profile));
  const publicKeys = { activeAuthentication: publicKey(keys.activeAuthentication), chipAuthentication: publicKey(keys.chipAuthentication) };
  const { trustPoint } = throwawayChain(new Date());
  const { efCom, dataGroups } = cardFiles({ profile, record, chipId: CHIP_ID, publicKeys, trustPoint });
  return { efCom, dataGroups };
}

/** SubjectPublicKeyInfo of a fresh key of this algorithm: `RSA-2048`, `EC-brainpoolP256r1`. */
function publicKey(algorithm: string | null): Uint8Array | null {
  if (algorithm === null) return null;
  const [kind, parameter = ''] = algorithm.split(/-(.*)/s);
  const { publicKey: key } =
    kind === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: Number(parameter) })
      : generateKeyPairSync('ec', { namedCurve: parameter });
  return Uint8Array.from(key.export({ type: 'spki', format: 'der' }));
}
