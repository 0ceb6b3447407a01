import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '#encoder/bytes';
import { qrText, renderFaces } from '#encoder/card-face';
import { keySetsFrom, referenceDriver } from '#encoder/drivers';
import { diversify } from '#encoder/globalplatform';
import { mrzFor } from '#encoder/mrz';
import { openChip, personalise, planPersonalisation, prepareChip, type PersonalisationJournal } from '#encoder/personalisation';
import { chipKeyAlgorithms, profileById, type CitizenRecord } from '#encoder/profiles';
import { inProcessReader } from '#encoder/readers';
import { createImage, makeRsaKey, VirtualCard } from '#encoder/virtual-card';
import { cardFiles } from '#queues/steps';
import { throwawayChain } from './throwaway-cvca.ts';

/** Medians over a few rounds. */
export interface BareFigures {
  readonly cpuMs: number;
}

const ROUNDS = 7;
const NO_JOURNAL: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };
/** As long as a real one, and signed by nobody: the chip does not look. */
const SOD_BYTES = 1600;

/** Processor time of one card with nothing around it: driver and virtual chip in this process, files written, locked, lock proven. */
export async function bareChip(record: CitizenRecord, profile: string): Promise<BareFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-bench-'));
  const rsa = await makeRsaKey();
  const { trustPoint } = throwawayChain(new Date());
  try {
    return await median(async (round) => {
      const chipId = Uint8Array.from(randomBytes(8));
      const path = join(folder, `${round}.image`);
      const master = new Secret(randomBytes(16));
      createImage(path, { serial: `B${round}`, chipId, transportKeys: diversify(master, chipId) });
      const card = VirtualCard.open(path, { takeRsaKey: () => Promise.resolve(rsa), durable: false });
      const reader = inProcessReader();
      reader.insert(card);
      const connection = await reader.connect();
      const driver = referenceDriver(connection);
      const identity = await driver.identify();
      const keys = keySetsFrom({ maker: master, plant: new Secret(randomBytes(16)) }, chipId);
      await openChip({ driver, journal: NO_JOURNAL, keys });
      const bindingTag = Uint8Array.from(randomBytes(32));
      const publicKeys = await prepareChip({ driver, journal: NO_JOURNAL, bindingTag, keys: chipKeyAlgorithms(profileById(profile)) });
      const files = cardFiles({ profile, record, chipId: identity.chipId ?? '', publicKeys, trustPoint });
      const plan = planPersonalisation(
        { bindingTag, publicKeys, ...files.planned(new Uint8Array(SOD_BYTES).fill(0x77)) },
        driver.capabilities,
      );
      await personalise({ driver, journal: NO_JOURNAL, plan });
      await connection.disconnect('unpower');
      await card.close();
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor time of both faces of one card. */
export function bareFaces(record: CitizenRecord, profile: string): Promise<BareFigures> {
  const { mrz, specimen } = profileById(profile);
  return median(async () => {
    await renderFaces({ record, mrz: mrzFor(record, mrz).lines, qrText: qrText(record), specimen });
  });
}

async function median(work: (round: number) => Promise<void>): Promise<BareFigures> {
  const spent: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await work(round);
    const { user, system } = process.cpuUsage(before);
    spent.push((user + system) / 1000);
  }
  const sorted = spent.toSorted((a, b) => a - b);
  return { cpuMs: sorted[Math.floor(ROUNDS / 2)] ?? 0 };
}
