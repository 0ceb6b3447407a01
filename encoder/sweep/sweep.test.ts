import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKeyPair } from '#encoder/drivers';
import { profileById } from '#encoder/profiles';
import { blankImage, imageFolder, oneRsaKey, TEST_CHIP_ID } from '#encoder/testing';
import { VirtualCard, type Defect } from '#encoder/virtual-card';
import {
  everyInterruption,
  FAMILIES,
  inProcessSeats,
  missingOf,
  referenceFamily,
  seededInterruptions,
  sweep,
  sweepBench,
  sweepTable,
  sweptCard,
  sweptCards,
  sweptContent,
  wholeRun,
  type Family,
  type SweepBench,
  type SweptContent,
} from './index.ts';
import { InterruptedCard } from './interrupted-card.ts';
import { judge } from './judge.ts';
import { makeCard } from './make-card.ts';

/** A few hundred cards, on a machine that does other things too. */
const SLOW = 120_000;
const folder = imageFolder();
const seats = inProcessSeats(2);
let small: SweptContent;
beforeAll(async () => {
  small = await sweptContent({ edge: 12, sodBytes: 300 });
});
afterAll(folder.remove);

const family = (name: string): Family => {
  const found = FAMILIES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no family ${name}`);
  return found;
};
const benchOf = (of: Family, profile: string): SweepBench => sweepBench(of, sweptCard(profileById(profile), small), folder.path);
/** Small commands, so that small files take several. */
const REFERENCE = referenceFamily({ commandBytesMax: 400 });

describe('the sweep: the card is pulled before and after every command of a personalisation, and in the middle of its writes', () => {
  it.each([
    ['the reference chip', 'cccd-2021', REFERENCE],
    ['passport-applet', 'icao-td3-bac', family('passport-applet')],
    ['cps SCP02-15', 'icao-td3-bac', family('cps SCP02-15')],
    ['cps SCP03', 'icao-td3-bac', family('cps SCP03')],
  ] as const)('%s, %s: every point is resumed, byte-identical, every effect intended', { timeout: SLOW }, async (_name, profile, of) => {
    const bench = benchOf(of, profile);
    const whole = await wholeRun(bench, seats);
    const points = everyInterruption(whole, 1).map((one) => [one]);
    const result = await sweep(bench, seats, { whole, points });
    expect(result).toMatchObject({ points: points.length, resumed: points.length, violations: [] });
    expect(points.length).toBeGreaterThan(2 * whole.log.commands);
    // The last commands prove the lock: a card pulled there is found locked, and confirmed.
    expect(result.foundLocked).toBeGreaterThan(1);
    expect(result.foundLocked).toBeLessThan(points.length / 2);
  });

  it.each([
    ['passport-applet-pace', 'icao-td3'],
    ['cps SCP02-55', 'can-cuoc-2024'],
  ])('%s, %s: a seeded choice of points is resumed', { timeout: SLOW }, async (name, profile) => {
    const bench = benchOf(family(name), profile);
    const whole = await wholeRun(bench, seats);
    const points = seededInterruptions(whole, { seed: 3, count: 15 }).map((one) => [one]);
    expect(await sweep(bench, seats, { whole, points })).toMatchObject({ points: 15, resumed: 15, violations: [] });
  });

  it('a second pull during the resume, at a seeded choice of pairs, ends the same', { timeout: SLOW }, async () => {
    const bench = benchOf(REFERENCE, 'icao-td3-bac');
    const whole = await wholeRun(bench, seats);
    const all = everyInterruption(whole, 1);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...all), fc.constantFrom(...all), async (first, again) => {
        // After a pull the card is asked and goes on: its commands are other ones, and fewer.
        const second = {
          command: first.command + Math.min(again.command, 4),
          manner: again.manner === 'after' ? 'after' : 'before',
        } as const;
        const { violations, resumed } = await sweep(bench, seats, { whole, points: [[first, second]] });
        expect(violations).toEqual([]);
        expect(resumed).toBe(1);
      }),
      { numRuns: 30 },
    );
  });

  it('what a family cannot carry is listed with its reasons', () => {
    const missing = sweptCards(small).map((card) => [card.profile.id, ...missingOf(family('passport-applet'), card)]);
    expect(missing).toContainEqual(['icao-td3-bac']);
    expect(missing).toContainEqual(['icao-td3', 'Chip Authentication with EC-brainpoolP256r1', 'id-PACE-ECDH-GM', 'MF/EF 011C']);
    for (const card of sweptCards(small)) expect(missingOf(REFERENCE, card)).toEqual([]);
  });
});

describe('a sweep that cannot fail proves nothing', () => {
  /** Chips with a rehearsed defect. */
  function defective(defect: Defect): SweepBench {
    const image = blankImage(folder.path(`${defect.kind}.defective`), { chipId: TEST_CHIP_ID, defect });
    return { ...benchOf(REFERENCE, 'icao-td3-bac'), blank: () => ({ image, remove: () => {} }) };
  }
  const run = async (bench: SweepBench) => {
    const made = await makeCard(bench, seats, { image: bench.blank().image, interruptions: [] });
    return { made, verdict: await judge(bench, made) };
  };

  it('a chip that only says that it is locked ends as terminated', async () => {
    expect((await run(defective({ kind: 'lockLies' }))).verdict).toEqual({ verdict: 'terminated', code: 'LOCK_NOT_PROVEN' });
  });

  it.each([
    ['keysStay', 'KEYS_NOT_REPLACED'],
    ['checkValueLies', 'SCP_ANSWER_INVALID'],
  ] as const)("a chip that only says that it has taken the plant's keys (%s) ends as terminated", async (kind, code) => {
    const { made, verdict } = await run(defective({ kind }));
    expect(verdict).toEqual({ verdict: 'terminated', code });
    expect(made.journal.entries.map(({ operation, result }) => `${operation} ${result ?? ''}`)).toEqual(['replaceKeys unknown']);
  });

  it("E6: a card that was begun under its maker's keys is a violation, however good it is", async () => {
    const bench = benchOf(REFERENCE, 'icao-td3-bac');
    const made = await makeCard(bench, seats, { image: bench.blank().image, interruptions: [] });
    expect(await judge(bench, made)).toEqual({ verdict: 'resumed' });
    const [first, second, ...rest] = made.journal.entries;
    const entries = [second, first, ...rest].filter((entry) => entry !== undefined);
    const late = { ...made, journal: { ...made.journal, entries } };
    expect(await judge(bench, late)).toEqual({ verdict: 'violation', why: "begun under its maker's keys" });
  });

  it('a chip that is torn and mute for ever ends as terminated, after the tries that the plant allows', async () => {
    const { made, verdict } = await run(defective({ kind: 'tornAtUpdate', update: 3 }));
    expect(verdict).toEqual({ verdict: 'terminated', code: 'CARD_MUTE' });
    expect(made.tries).toBe(3);
  });

  it('a run that brings other keys when it is resumed is a violation', async () => {
    const bench = benchOf(family('cps SCP03'), 'can-cuoc-2024');
    const { chipAuthentication } = bench.keyPairs;
    const forgetful: SweepBench = {
      ...bench,
      get keyPairs() {
        return { activeAuthentication: bench.keyPairs.activeAuthentication, chipAuthentication: makeKeyPair('EC-brainpoolP256r1') };
      },
    };
    expect(chipAuthentication?.algorithm).toBe('EC-brainpoolP256r1');
    const whole = await wholeRun(bench, seats);
    const interruptions = [{ command: whole.log.commands - 8, manner: 'after' }] as const;
    const { violations } = await sweep(forgetful, seats, { whole, points: [interruptions] });
    expect(violations).toEqual([{ interruptions, why: 'two tries planned different contents' }]);
    expect(
      sweepTable([{ family: 'a', profile: 'b', commands: 1, points: 1, resumed: 0, foundLocked: 0, terminated: new Map(), violations }]),
    ).toContain('VIOLATION: a, b,');
  });

  it('a chip that holds another byte than was planned is a violation, whatever everybody says', async () => {
    const bench = benchOf(REFERENCE, 'icao-td3-bac');
    const { image } = bench.blank();
    const made = await makeCard(bench, seats, { image, interruptions: [] });
    const plans = made.plans.map((plan) => ({
      ...plan,
      files: plan.files.map((file) => (file.fid === 0x0102 ? { ...file, bytes: file.bytes.with(20, 0) } : file)),
    }));
    expect(await judge(bench, made)).toEqual({ verdict: 'resumed' });
    expect(await judge(bench, { ...made, plans })).toEqual({ verdict: 'violation', why: 'EF 0102 differs from the plan' });
  });

  it('a card that is locked is never given up, and one that is open never finished', async () => {
    const bench = benchOf(REFERENCE, 'icao-td3-bac');
    const { image } = bench.blank();
    const fault = { code: 'CARD_REFUSED', kind: 'chip', message: '' } as const;
    const empty = await makeCard(bench, seats, { image, interruptions: [{ command: 5, manner: 'before' }] });
    expect(await judge(bench, { ...empty, end: fault })).toEqual({ verdict: 'violation', why: 'given up with CARD_REFUSED, and locked' });
    const { image: blank } = bench.blank();
    expect(await judge(bench, { ...empty, image: blank })).toEqual({ verdict: 'violation', why: 'finished, and not locked' });
    expect(await judge(bench, { ...empty, end: { ...fault, code: null } })).toMatchObject({ verdict: 'violation' });
    const taken = { ...empty, log: { ...empty.log, taken: [5] } };
    expect(await judge(bench, taken)).toEqual({ verdict: 'violation', why: 'half made after command 5, and good to an inspector' });
    expect(await judge(bench, { ...empty, end: { ...fault, kind: 'ours' } })).toMatchObject({ verdict: 'violation' });
  });

  it('an effect without an intent is seen', async () => {
    const image = blankImage(folder.path('unintended'), { personality: { program: 'passport-applet' } });
    const log = { commands: 0, kinds: [], struck: 0, unintended: [], taken: [] };
    const card = new InterruptedCard({ image, takeRsaKey: oneRsaKey(), interruptions: [], log, intended: () => undefined });
    card.powerOn();
    await card.process(Uint8Array.of(0x00, 0xa4, 0x04, 0x0c, 0x07, 0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01));
    await card.process(Uint8Array.of(0x00, 0xe0, 0x00, 0x00, 0x06, 0x63, 0x04, 0x00, 0x10, 0x01, 0x01));
    await card.close();
    expect(VirtualCard.open(image).fileDigests()).toHaveLength(1);
    expect(log.unintended).toEqual([2]);
  });
});
