import { randomBytes } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isCodedError } from '#encoder/bytes';
import { referenceDriver, type DriverCapabilities } from '#encoder/drivers';
import { diversify } from '#encoder/globalplatform';
import { inProcessReader, type CardConnection, type InProcessReader, type Pull } from '#encoder/readers';
import { tlv } from '#encoder/tlv';
import { VirtualCard } from '#encoder/virtual-card';
import { byFile } from '#encoder/drivers';
import {
  blankImage,
  imageFolder,
  inApplication,
  inMasterFile,
  oneRsaKey,
  TEST_CHIP_ID,
  TEST_CARD_ACCESS,
  TEST_CHIP_KEYS,
  TEST_MASTER,
} from '#encoder/testing';
import {
  confirmLocked,
  fileDigests,
  personalise,
  planPersonalisation,
  prepareChip,
  type JournalStep,
  type PersonalisationJournal,
  type PersonalisationPlan,
} from './index.ts';

const TAG = new Uint8Array(16).fill(0x5a);
const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const takeRsaKey = oneRsaKey();
const folder = imageFolder();
afterAll(folder.remove);

const content = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);
const FILES = [
  { ...inApplication(0x011d), bytes: tlv(0x77, content(300, 3)) },
  { ...inApplication(0x011e), bytes: tlv(0x60, content(24, 1)) },
  { ...inApplication(0x0102), bytes: tlv(0x75, content(1100, 2)) },
  { ...inMasterFile(0x011c), bytes: TEST_CARD_ACCESS },
];

/** Small commands, so that files take several. */
const DRIVER = { commandBytesMax: 400 };

interface Run {
  /** Pulls that took place. */
  readonly struck: number;
  readonly commands: number;
  readonly outcome: string;
  readonly entries: readonly Entry[];
  readonly files: string;
  readonly capabilities: DriverCapabilities;
}

/** The steps of a plan do not depend on which keys the chip made. */
function planOf(capabilities: DriverCapabilities): PersonalisationPlan {
  const publicKeys = { activeAuthentication: new Uint8Array(1), chipAuthentication: new Uint8Array(1) };
  return planPersonalisation({ bindingTag: TAG, publicKeys, secrets: SECRETS, trustPoint: null, files: FILES }, capabilities);
}

interface Entry extends JournalStep {
  result?: string;
}

/** Remembers entries in order; the intent of a command is there before the command is. */
function journal(): PersonalisationJournal & { readonly entries: Entry[] } {
  const entries: Entry[] = [];
  return {
    entries,
    async intend(step) {
      await Promise.resolve();
      entries.push({ ...step });
    },
    async outcome(sequence, result) {
      await Promise.resolve();
      const entry = entries.findLast((candidate) => candidate.sequence === sequence);
      if (entry !== undefined) entry.result = result;
    },
  };
}

/** What a seat does with a card that lies in its reader: once, from wherever the chip is. */
async function runSeat(reader: InProcessReader, log: PersonalisationJournal): Promise<'personalised' | 'was locked'> {
  const connection = await reader.connect();
  const driver = referenceDriver(connection, DRIVER);
  const identity = await driver.identify();
  if (identity.lifeCycle === 'locked') {
    await driver.proveLock();
    const files = fileDigests(planOf(driver.capabilities));
    await confirmLocked({ connection, secrets: SECRETS, files, random: (length) => Uint8Array.from(randomBytes(length)) });
    return 'was locked';
  }
  await driver.open(diversify(TEST_MASTER, TEST_CHIP_ID));
  const publicKeys = await prepareChip({ driver, journal: log, bindingTag: TAG, keys: TEST_CHIP_KEYS });
  const plan = planPersonalisation({ bindingTag: TAG, publicKeys, secrets: SECRETS, trustPoint: null, files: FILES }, driver.capabilities);
  await personalise({ driver, journal: log, plan });
  return 'personalised';
}

describe('the sweep: the card is pulled before and after every command of a personalisation', () => {
  const blank = blankImage(folder.path('blank.image'));

  /** Makes one card; at each of these commands, counted over all attempts, it is pulled, and put back with its power gone. */
  async function pulledAt(pulls: Readonly<Record<number, Pull>>): Promise<Run> {
    const path = folder.path('pulled.image');
    copyFileSync(blank, path);
    const reader = inProcessReader();
    const log = journal();
    const { capabilities } = referenceDriver({ atr: new Uint8Array(0) } as CardConnection, DRIVER);
    let struck = 0;
    reader.onCommand = (command) => {
      const pull = pulls[command];
      if (pull !== undefined) struck += 1;
      return pull;
    };
    let outcome: string | undefined;
    for (let attempt = 1; outcome === undefined; attempt += 1) {
      expect(attempt).toBeLessThan(5);
      const card = VirtualCard.open(path, { takeRsaKey, durable: false });
      reader.insert(card);
      outcome = await runSeat(reader, log).catch((error: unknown) => {
        expect(isCodedError(error) && error.code).toBe('CARD_REMOVED');
        return undefined;
      });
      await card.close();
    }
    const chip = VirtualCard.open(path);
    expect(chip.lifeCycle).toBe('locked');
    const files = JSON.stringify(chip.fileDigests());
    await chip.close();
    return { struck, outcome, entries: log.entries, files, capabilities, commands: reader.commands };
  }

  it('every point ends locked, proven and byte-identical, with the intent of every effect in the journal', async () => {
    const whole = await pulledAt({});
    const planned = planOf(whole.capabilities);
    expect(JSON.parse(whole.files)).toEqual([...fileDigests(planned)].sort(byFile));
    let points = 0;
    const outcomes = new Set<string>();
    for (const pull of ['before', 'after'] as const) {
      for (let point = 1; point <= whole.commands; point += 1) {
        const run = await pulledAt({ [point]: pull });
        points += run.struck;
        outcomes.add(run.outcome);
        expect(run.files, `${pull} command ${point}`).toBe(whole.files);
        const steps = new Set(run.entries.map((entry) => `${entry.sequence} ${entry.operation}`));
        for (const step of planned.steps) {
          // A chip that is found locked needs no more steps than the proof, which the seat makes itself.
          if (step.operation !== 'proveLock') expect(steps).toContain(`${step.sequence} ${step.operation}`);
        }
      }
    }
    expect(points).toBe(2 * whole.commands);
    expect(points).toBeGreaterThan(40);
    expect(outcomes).toEqual(new Set(['personalised', 'was locked']));
  });

  it('a second pull during the resume, at a seeded choice of pairs, ends the same', async () => {
    const whole = await pulledAt({});
    const pull = fc.constantFrom<Pull>('before', 'after');
    const point = fc.integer({ min: 1, max: whole.commands });
    await fc.assert(
      fc.asyncProperty(point, pull, point, pull, async (first, how, further, again) => {
        const run = await pulledAt({ [first]: how, [first + further]: again });
        expect(run.files).toBe(whole.files);
      }),
      { numRuns: 60 },
    );
  });
});
