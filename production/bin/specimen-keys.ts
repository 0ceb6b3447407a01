import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret, utf8 } from '#encoder/bytes';
import { isCeremonyFinished, minutesFile, runSpecimenCeremony, specimenCustodians } from '#pki/ceremony';
import type { HostedHsm } from '#pki/hsm';
import { ensureToken, PlantError, type TokenHome } from '#production/plant';
import { hostToken } from './host-token.ts';
import { openToken } from './refused-pin.ts';
import type { RunningPlant } from './running-plant.ts';

/**
 * The keys of an embedded plant, by the specimen ceremony: its invented custodians, the authority's token under the PIN that they share, and
 * the line tokens' keys. Run before the signer is started, because a token has one owner; at every start after the first there is nothing to do.
 * Tokens that the configuration names get their keys by `cardmint ceremony`.
 */
export async function ensureSpecimenKeys(plant: RunningPlant, onMinute: () => void = () => undefined): Promise<void> {
  refuseOlderPlant(plant.plantDir);
  const minutes = minutesFile(plant.plantDir);
  if (existsSync(minutes) && isCeremonyFinished(readFileSync(minutes, 'utf8'))) return;
  // The invented custodians' passphrases are random: nothing is gained by making each guess of one expensive.
  const deps = { folder: plant.plantDir, random: (length: number) => Uint8Array.from(randomBytes(length)), cost: 2 ** 12 };
  const hosted: HostedHsm[] = [];
  const host = (place: Parameters<typeof hostToken>[0]): HostedHsm => {
    const hsm = hostToken(place);
    hosted.push(hsm);
    return hsm;
  };
  const transportMaster = Secret.takeOver(Uint8Array.from(Buffer.from(readFileSync(plant.makerMasterFile, 'utf8').trim(), 'hex')));
  try {
    const line: Record<string, HostedHsm> = {};
    for (const token of plant.tokens) {
      const hsm = host(token);
      await openToken(hsm, { plantDir: plant.plantDir, ...token });
      line[token.name] = hsm;
    }
    const authority = async (): Promise<HostedHsm> => host({ name: 'authority', ...(await authorityToken(plant.plantDir, deps)) });
    await runSpecimenCeremony({ authority, line }, { ...deps, clock: () => new Date(), transportMaster, onMinute });
  } finally {
    transportMaster.destroy();
    for (const hsm of hosted) await hsm.close();
  }
}

/** A plant of before there were line tokens: with new keys its sealed records would never open again. */
function refuseOlderPlant(plantDir: string): void {
  const where = join(plantDir, 'ceremony.minutes.jsonl');
  if (existsSync(where)) throw new PlantError('PLANT_OUTDATED', { where });
}

/** The authority's token, under a PIN that only the custodians together have; the PIN that could set another one is thrown away. */
async function authorityToken(plantDir: string, deps: Parameters<typeof specimenCustodians>[0]): Promise<TokenHome> {
  const pin = await (await specimenCustodians(deps)).pin();
  const soPin = new Secret(utf8(randomBytes(16).toString('hex')));
  try {
    return await ensureToken(plantDir, { name: 'authority', soPin, pin });
  } finally {
    pin.destroy();
    soPin.destroy();
  }
}
