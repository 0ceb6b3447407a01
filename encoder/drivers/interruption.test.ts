import { copyFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { openBac, readFile, selectApplication } from '#encoder/access';
import { openChannel } from '#encoder/apdu';
import { isCodedError, toHex } from '#encoder/bytes';
import { faultKind, personalise, planPersonalisation, prepareChip, type PersonalisationJournal } from '#encoder/personalisation';
import { inProcessReader, type CardConnection, type InProcessReader, type Pull } from '#encoder/readers';
import { imageFolder, inApplication, inMasterFile, TEST_CARD_ACCESS } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { VirtualCard, type Fault } from '#encoder/virtual-card';
import type { CardDriver } from './card-driver.ts';
import type { ChipKeyAlgorithms } from './chip-keys.ts';
import { CPS_LAYOUT } from './cps/layout.ts';
import { makeKeyPair } from './key-pair.ts';
import { driverByName, type DriverName } from './registry.ts';
import { chipImage, transportKeys, type ChipKind } from './testing.ts';

const TAG = new Uint8Array(16).fill(0x5a);
const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const PAIRS = { activeAuthentication: makeKeyPair('RSA-1024'), chipAuthentication: makeKeyPair('EC-brainpoolP256r1') };
const content = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);
const FILES = [
  { ...inApplication(0x0101), bytes: tlv(0x61, content(300, 1)) },
  { ...inApplication(0x011e), bytes: tlv(0x60, content(24, 2)) },
  { ...inApplication(0x011d), bytes: tlv(0x77, content(270, 3)) },
];
const UPDATE_BINARY = 0xd6;
const QUIET: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };

interface Family {
  readonly name: DriverName;
  readonly kind: ChipKind;
  /** Image of a blank chip, which each run takes a copy of. */
  readonly blank: string;
  readonly keys: ChipKeyAlgorithms;
  readonly files: typeof FILES;
  readonly driver: (connection: CardConnection) => CardDriver;
}

let blanks = 0;
const folder = imageFolder();
afterAll(folder.remove);

function family(
  name: DriverName,
  kind: ChipKind,
  options: { readonly withoutMasterFile?: true; readonly layout?: typeof CPS_LAYOUT } = {},
): Family {
  const { layout, withoutMasterFile } = options;
  const keys = { activeAuthentication: 'RSA-1024', chipAuthentication: withoutMasterFile === true ? null : 'EC-brainpoolP256r1' } as const;
  return {
    name,
    kind,
    blank: chipImage(folder.path(`blank-${(blanks += 1)}.image`), kind),
    keys,
    files: withoutMasterFile === true ? FILES : [{ ...inMasterFile(0x011c), bytes: TEST_CARD_ACCESS }, ...FILES],
    driver: (connection) =>
      driverByName(name, connection, { secrets: SECRETS, keyPairs: PAIRS, ...(layout === undefined ? {} : { layout }) }),
  };
}

/** What a seat does with a card that lies in its reader: once, from wherever the chip is. */
async function runSeat({ kind, keys, files, driver: driverOf }: Family, reader: InProcessReader): Promise<'personalised' | 'was locked'> {
  const driver = driverOf(await reader.connect());
  const { lifeCycle } = await driver.identify();
  if (lifeCycle === 'locked') {
    await driver.proveLock();
    return 'was locked';
  }
  await driver.open(transportKeys(kind));
  const publicKeys = await prepareChip({ driver, journal: QUIET, bindingTag: TAG, keys });
  const plan = planPersonalisation({ bindingTag: TAG, publicKeys, secrets: SECRETS, trustPoint: null, files }, driver.capabilities);
  await personalise({ driver, journal: QUIET, plan });
  return 'personalised';
}

interface Interruption {
  /** Pulls by number of the command, counted over all attempts. */
  readonly pulls?: Readonly<Record<number, Pull>>;
  /** Of the chip in its first reader. */
  readonly faults?: readonly Fault[];
}

/** Makes one card through any interruption; gives the commands it took, how it ended, and what its holder then reads. */
async function make(chip: Family, { pulls = {}, faults = [] }: Interruption) {
  const path = folder.path('pulled.image');
  copyFileSync(chip.blank, path);
  const reader = inProcessReader();
  reader.onCommand = (command) => pulls[command];
  let interrupted = 0;
  let outcome: string | undefined;
  for (let attempt = 1; outcome === undefined; attempt += 1) {
    expect(attempt).toBeLessThan(5);
    const card = VirtualCard.open(path, { durable: false, ...(attempt === 1 ? { faults } : {}) });
    reader.insert(card);
    outcome = await runSeat(chip, reader).catch((error: unknown) => {
      // Only what leaves the chip in doubt is worth another try.
      expect(isCodedError(error) && faultKind(error), String(error)).toBe('doubt');
      interrupted += 1;
      return undefined;
    });
    await card.close();
  }
  const { commands } = reader;
  reader.onCommand = undefined;
  const card = VirtualCard.open(path, { durable: false });
  reader.insert(card);
  const read = await readByHolder(await reader.connect(), chip);
  await card.close();
  return { commands, interrupted, outcome, read };
}

async function readByHolder(connection: CardConnection, { files }: Family): Promise<readonly string[]> {
  const clear = openChannel(connection);
  await selectApplication(clear);
  const channel = await openBac(clear, {
    mrzInformation: SECRETS.mrzInformation,
    random: (length) => Uint8Array.from(randomBytes(length)),
  });
  const read: string[] = [];
  for (const { directory, fid } of files) if (directory === 'eMRTD') read.push(toHex(await readFile(channel, fid)));
  return read;
}

describe('threat: the card leaves the reader at any moment of its personalisation', () => {
  describe.each<readonly [string, Family]>([
    ['the passport applet', family('passport-applet', { program: 'passport-applet' }, { withoutMasterFile: true })],
    ['the passport applet with PACE', family('passport-applet-pace', { program: 'passport-applet-pace' })],
    ['CPS over SCP02', family('cps', { program: 'cps', cps: { scp: 'SCP02-15' } })],
    ['CPS over SCP03', family('cps', { program: 'cps', cps: { scp: 'SCP03' } }, { layout: { ...CPS_LAYOUT, channel: 'SCP03' } })],
  ])('%s', (_name, chip) => {
    const written = chip.files.filter(({ directory }) => directory === 'eMRTD').map(({ bytes }) => toHex(bytes));

    it('before and after every command: each point ends locked, proven and byte-identical', async () => {
      const whole = await make(chip, {});
      expect(whole).toMatchObject({ interrupted: 0, outcome: 'personalised', read: written });
      const outcomes = new Set<string>();
      for (const pull of ['before', 'after'] as const) {
        for (let point = 1; point <= whole.commands; point += 1) {
          const run = await make(chip, { pulls: { [point]: pull } });
          expect(run, `${pull} command ${point}`).toMatchObject({ interrupted: 1, read: written });
          outcomes.add(run.outcome);
        }
      }
      expect(outcomes).toEqual(new Set(['personalised', 'was locked']));
    });

    it.runIf(chip.name !== 'cps')('torn at a byte of every write: no torn tag binds, no torn file counts', async () => {
      let torn = 0;
      for (const bytes of [0, 1, 15, 200]) {
        for (let occurrence = 1; ; occurrence += 1) {
          const run = await make(chip, { faults: [{ at: { ins: UPDATE_BINARY, occurrence }, effect: { kind: 'torn', bytes } }] });
          expect(run.read, `write ${occurrence} torn after ${bytes} bytes`).toEqual(written);
          if (run.interrupted === 0) break;
          torn += 1;
        }
      }
      expect(torn).toBeGreaterThan(15);
    });
  });
});
