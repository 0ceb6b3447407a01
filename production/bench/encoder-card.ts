import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openChannel } from '#encoder/apdu';
import {
  authenticateActively,
  authenticateChip,
  canPassword,
  chipAuthenticationParameters,
  authenticateTerminal,
  openPaceSession,
  paceParameters,
  readFile,
  selectApplication,
} from '#encoder/access';
import { Secret } from '#encoder/bytes';
import { keySetsFrom, nameOfFile, referenceDriver, type ChipPublicKeys } from '#encoder/drivers';
import { diversify } from '#encoder/globalplatform';
import {
  openChip,
  personalise,
  planPersonalisation,
  prepareChip,
  type PersonalisationJournal,
  type PersonalisationPlan,
  type PlannedFile,
} from '#encoder/personalisation';
import { chipKeyAlgorithms, profileById, type CitizenRecord } from '#encoder/profiles';
import { tlv } from '#encoder/tlv';
import { inProcessReader, type CardConnection } from '#encoder/readers';
import { createImage, VirtualCard, type ChipKey, type Timing } from '#encoder/virtual-card';
import { cardFiles } from '#queues/steps';
import type { ThrowawayChain } from './throwaway-cvca.ts';

/** One command and its answer on the wire. */
export interface Exchange {
  readonly step: Step;
  readonly commandBytes: number;
  readonly responseBytes: number;
}

/** What the terminal does to one card, in order. */
export const STEPS = [
  'identify',
  'SCP03',
  'plant keys',
  'binding tag',
  'chip keys',
  'data groups',
  'write',
  'lock and proof',
  'PACE',
  'read',
  'Active Authentication',
  'Chip Authentication',
  'Terminal Authentication',
  'read DG3',
] as const;
export type Step = (typeof STEPS)[number];

export interface CardRun {
  readonly exchanges: readonly Exchange[];
  /** Processor milliseconds of the terminal alone, by step. */
  readonly cpuMs: ReadonlyMap<Step, number>;
  readonly wallMs: number;
  readonly written: readonly { readonly name: string; readonly bytes: number }[];
  readonly read: readonly { readonly name: string; readonly bytes: number }[];
}

export interface CardBench {
  readonly folder: string;
  readonly record: CitizenRecord;
  readonly profile: string;
  readonly rsaKey: ChipKey;
  readonly chain: ThrowawayChain;
  readonly timing?: Timing;
}

/** As long as a real one, and signed by nobody: the chip does not look. */
const SOD_BYTES = 1600;
/** What one answer of the chip can carry (chip specification §5). */
const READ_BYTES = 65_487;
const NO_JOURNAL: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };
const EF_DG3 = 0x0103;
const EF_CVCA = nameOfFile({ directory: 'eMRTD', fid: 0x011c });
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));

/** Personalises, locks and reads back one card in this process, and says what it cost. DG3 opens to Terminal Authentication. */
export async function runCard(bench: CardBench, name: string): Promise<CardRun> {
  const chipId = random(8);
  const master = new Secret(random(16));
  const path = join(bench.folder, `${name}.image`);
  createImage(path, { serial: name, chipId, transportKeys: diversify(master, chipId) });
  const card = VirtualCard.open(path, {
    takeRsaKey: () => Promise.resolve(bench.rsaKey),
    durable: false,
    ...(bench.timing === undefined ? {} : { timing: bench.timing }),
  });
  const reader = inProcessReader();
  reader.insert(card);
  const meter = new Meter();
  const began = performance.now();
  const writing = meter.over(await reader.connect());
  const driver = referenceDriver(writing);
  meter.begin('identify');
  const identity = await driver.identify();
  meter.begin('SCP03');
  const bindingTag = random(32);
  const beforeEach = ({ operation }: { readonly operation: string }): void => {
    if (operation === 'replaceKeys') meter.begin('plant keys');
    if (operation === 'generateKeys') meter.begin('chip keys');
    if (operation === 'lock') meter.begin('lock and proof');
  };
  const run = { driver, journal: NO_JOURNAL, beforeEach };
  await openChip({ ...run, keys: keySetsFrom({ maker: master, plant: new Secret(random(16)) }, chipId) });
  meter.begin('binding tag');
  const publicKeys = await prepareChip({ ...run, bindingTag, keys: chipKeyAlgorithms(profileById(bench.profile)) });
  meter.begin('data groups');
  const { record, profile } = bench;
  const { trustPoint } = bench.chain;
  const files = cardFiles({ profile, record, chipId: identity.chipId ?? '', publicKeys, trustPoint });
  const plan = planPersonalisation({ bindingTag, publicKeys, ...files.planned(tlv(0x77, new Uint8Array(SOD_BYTES))) }, driver.capabilities);
  meter.begin('write');
  await personalise({ ...run, plan });
  await writing.disconnect('unpower');
  meter.begin('PACE');
  const read = await readBack(meter, meter.over(await reader.connect()), { plan, keys: publicKeys, chain: bench.chain });
  meter.end();
  const wallMs = performance.now() - began;
  await card.close();
  const written = plan.files.map((file) => ({ name: nameOfFile(file), bytes: file.bytes.length }));
  return { exchanges: meter.exchanges, cpuMs: meter.cpuMs, wallMs, written, read };
}

async function readBack(
  meter: Meter,
  connection: CardConnection,
  card: { readonly plan: PersonalisationPlan; readonly keys: ChipPublicKeys; readonly chain: ThrowawayChain },
): Promise<CardRun['read']> {
  const { plan, keys, chain } = card;
  const { channel, ephemeralKeys } = await openPaceSession(openChannel(connection), {
    parameters: paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13),
    password: canPassword(plan.secrets.can),
    random,
  });
  const read: { name: string; bytes: number }[] = [];
  const readOne = async (file: PlannedFile): Promise<void> => {
    // EF.CVCA is of fixed length, and its first object does not say it (Doc 9303-11 K.2).
    const fixed = nameOfFile(file) === EF_CVCA ? { length: file.bytes.length } : {};
    const bytes = await readFile(channel, file.fid, { readMax: READ_BYTES, headerFirst: false, ...fixed });
    if (Buffer.compare(bytes, file.bytes) !== 0) throw new Error(`${nameOfFile(file)} read back is not what was written`);
    read.push({ name: nameOfFile(file), bytes: bytes.length });
  };
  meter.begin('read');
  const open = plan.files.filter(({ fid }) => fid !== EF_DG3);
  for (const file of open.filter(({ directory }) => directory === 'MF')) await readOne(file);
  await selectApplication(channel);
  for (const file of open.filter(({ directory }) => directory === 'eMRTD')) await readOne(file);
  meter.begin('Active Authentication');
  if (keys.activeAuthentication === null || keys.chipAuthentication === null) throw new Error('the profile has no keys to prove');
  await authenticateActively(channel, { publicKey: keys.activeAuthentication, challenge: random(8) });
  meter.begin('Chip Authentication');
  const { terminal } = await authenticateChip(channel, {
    parameters: chipAuthenticationParameters('0.4.0.127.0.7.2.2.3.2.2'),
    publicKey: { curve: 'brainpoolP256r1', point: keys.chipAuthentication.slice(-65) },
    random,
  });
  meter.begin('Terminal Authentication');
  if (terminal === undefined || ephemeralKeys.chip === undefined) throw new Error('the session is bound to no key');
  await authenticateTerminal(channel, {
    certificates: chain.certificates,
    sign: chain.sign,
    chipIdentifier: ephemeralKeys.chip,
    terminalKey: terminal,
  });
  meter.begin('read DG3');
  for (const file of plan.files.filter(({ fid }) => fid === EF_DG3)) await readOne(file);
  channel.close();
  return read;
}

/** Counts what goes over the wire and the processor time of the terminal: what the chip spends inside `transmit` is taken off. */
class Meter {
  readonly exchanges: Exchange[] = [];
  readonly cpuMs = new Map<Step, number>();
  #step: Step = 'identify';
  #since = process.cpuUsage();

  begin(step: Step): void {
    this.end();
    this.#step = step;
  }

  end(): void {
    const { user, system } = process.cpuUsage(this.#since);
    this.#add((user + system) / 1000);
    this.#since = process.cpuUsage();
  }

  over(connection: CardConnection): CardConnection {
    return {
      ...connection,
      transmit: async (command) => {
        const before = process.cpuUsage();
        const response = await connection.transmit(command);
        const { user, system } = process.cpuUsage(before);
        this.#add(-(user + system) / 1000);
        this.exchanges.push({ step: this.#step, commandBytes: command.length, responseBytes: response.length });
        return response;
      },
      disconnect: (how) => connection.disconnect(how),
    };
  }

  #add(ms: number): void {
    this.cpuMs.set(this.#step, (this.cpuMs.get(this.#step) ?? 0) + ms);
  }
}
