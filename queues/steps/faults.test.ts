import { afterEach, describe, expect, it } from 'vitest';
import { ReaderError, type Pull } from '#encoder/readers';
import { encodeCard, seatTender } from './index.ts';
import { ATTEMPTS_MAX } from './step.ts';
import { checkBooks, createWorld, encodeUntilDone, type World, type WorldOptions } from './testing/index.ts';

const CARD = 'card-0';
let world: World;
afterEach(async () => {
  await checkBooks(world, 'afterwards');
  await world.remove();
});
const begin = async (options?: WorldOptions): Promise<World> => (world = await createWorld(options));
const serial = (at: number): string => world.blanks[at]?.serial ?? '';
const encode = () => encodeCard(world.encoding, world.seat('encode:1'), CARD);

/** Throws once at this point, as a signer or a database that is away for a moment. */
function outageAt(point: string, times = 1): void {
  let left = times;
  world.gate.onPoint = (passed) => {
    if (passed !== point || left === 0) return;
    left -= 1;
    throw new Error('an outage');
  };
}

async function expectFinished(label: string): Promise<void> {
  expect(world.books.card(CARD), label).toMatchObject({ state: 'LOCK_VERIFIED', boundSerial: serial(0), spoiledFor: null, lease: null });
  expect(await world.chip(serial(0)), label).toEqual({ lifeCycle: 'locked', files: world.planned(CARD) });
  expect(world.signatures.length, label).toBe(1);
  expect(await world.feeder.find(serial(1)), label).toBe('stack');
}

describe('E4: a card that is torn while it is written', () => {
  it('for good: in doubt, asked again, spoiled CHIP_TORN; the remake takes the next blank', async () => {
    const { books, feeder } = await begin({ defects: { 0: { kind: 'tornAtUpdate', update: 4 } } });
    expect(await encode()).toEqual({ result: 'spoiled', why: 'CHIP_TORN' });
    expect(books.card(CARD)).toMatchObject({ state: 'SPOILED', spoiledFor: 'CHIP_TORN' });
    expect(books.card(CARD).history.slice(-3)).toEqual(['SOD_SIGNED', 'IN_DOUBT', 'SPOILED']);
    expect(books.data.steps.filter((step) => step.result === 'unknown').length).toBe(1);
    expect(await feeder.find(serial(0))).toBe('reject');
    expect(books.data.blanks.get(serial(0))?.place).toBe('spoiled');

    await encodeUntilDone(world, CARD);
    const remake = books.live(CARD);
    expect(remake).toMatchObject({ supersedes: CARD, state: 'LOCK_VERIFIED', boundSerial: serial(1) });
    expect(await world.chip(serial(1))).toEqual({ lifeCycle: 'locked', files: world.planned(remake.cardId) });
    expect(world.signatures.map((signature) => signature.cardId)).toEqual([CARD, remake.cardId]);
  });

  it('and comes back, before or after any command: resumed, byte-identical, one chip', { timeout: 120_000 }, async () => {
    await begin();
    await encode();
    const commands = world.seat('encode:1').chips.commands;
    await world.remove();
    expect(commands).toBeGreaterThan(30);
    for (const pull of ['before', 'after'] as const satisfies readonly Pull[]) {
      for (let at = 1; at <= commands; at += 1) {
        await begin();
        world.seat('encode:1').chips.onCommand = (command) => (command === at ? pull : undefined);
        expect(await encode(), `${pull} command ${at}`).toEqual({ result: 'done' });
        await expectFinished(`${pull} command ${at}`);
        expect(world.gate.passed.filter((point) => point === 'feeder.reseat after').length).toBe(1);
        if (pull !== 'after' || at !== commands) await world.remove();
      }
    }
  });

  it.each([
    ['once: resumed', 1, { result: 'done' }],
    [
      'each time it is asked: in doubt, set down again, spoiled, and never asked for ever (E7)',
      Infinity,
      { result: 'spoiled', why: 'CHIP_TORN' },
    ],
  ] as const)('and hangs until the deadline of the command, %s', async (_how, times, result) => {
    await begin();
    let sent = 0;
    let hangs = 0;
    const driver: typeof world.encoding.driver = (connection) =>
      world.encoding.driver({
        ...connection,
        async transmit(command) {
          sent += 1;
          if (sent <= 20 || hangs >= times) return await connection.transmit(command);
          hangs += 1;
          throw new ReaderError('DEADLINE');
        },
      });
    expect(await encodeCard({ ...world.encoding, driver }, world.seat('encode:1'), CARD)).toEqual(result);
    if (result.result === 'done') await expectFinished('after a command that hung');
    else expect(await world.feeder.find(serial(0))).toBe('reject');
  });

  it('E7: three times in a row is the end; outages before it do not count', async () => {
    const { books } = await begin();
    const chips = world.seat('encode:1').chips;
    for (let away = 0; away < ATTEMPTS_MAX + 3; away += 1) {
      outageAt('signer.securityObject before');
      await expect(encode()).rejects.toThrow('outage');
    }
    world.gate.onPoint = undefined;
    const pulled = chips.commands + 20;
    chips.onCommand = (command) => (command === pulled ? 'before' : undefined);
    expect(await encode()).toEqual({ result: 'done' });
    await expectFinished('after outages and one doubt');
    expect(books.card(CARD).attempts.encode).toBeGreaterThan(ATTEMPTS_MAX);
  });

  it('a chip that says it is locked and stays open is spoiled LOCK_NOT_PROVEN', async () => {
    await begin({ defects: { 0: { kind: 'lockLies' } } });
    expect(await encode()).toEqual({ result: 'spoiled', why: 'LOCK_NOT_PROVEN' });
    expect(world.books.card(CARD).state).toBe('SPOILED');
    expect(await world.feeder.find(serial(0))).toBe('reject');
  });

  it('C8: a key that another chip had before', async () => {
    await begin();
    const seen = new Map(world.books.data.chipKeys);
    await encode();
    for (const [hash, entry] of world.books.data.chipKeys) seen.set(hash, { ...entry, cardId: 'another' });
    await world.remove();
    await begin();
    for (const [hash, entry] of seen) world.books.data.chipKeys.set(hash, entry);
    expect(await encode()).toEqual({ result: 'spoiled', why: 'CHIP_KEY_REPEATED' });
  });
});

describe('E2: the fence is lost in the middle', () => {
  it('at any command: the one under way is the last that changes anything', { timeout: 60_000 }, async () => {
    await begin();
    await encode();
    const commands = world.seat('encode:1').chips.commands;
    await world.remove();
    let ended = 0;
    for (let at = 3; at < commands; at += 1) {
      await begin();
      const { books } = world;
      const { chips } = world.seat('encode:1');
      let lost: { steps: number; moves: number; signatures: number; passed: number } | undefined;
      chips.onCommand = (command) => {
        if (command !== at) return undefined;
        books.card(CARD).fence += 1;
        lost = {
          steps: books.data.steps.length,
          moves: books.data.moves.length,
          signatures: world.signatures.length,
          passed: world.gate.passed.length,
        };
        return undefined;
      };
      const label = `command ${at}`;
      await expect(encode(), label).rejects.toMatchObject({ code: 'FENCE_LOST' });
      ended += 1;
      // Reading status, opening the channel or proving the lock takes a few commands between two effects.
      expect(chips.commands - at, label).toBeLessThanOrEqual(5);
      expect(books.data.steps.length, label).toBe(lost?.steps);
      expect(books.data.moves.length, label).toBe(lost?.moves);
      expect(world.signatures.length, label).toBe(lost?.signatures);
      expect(
        world.gate.passed.slice(lost?.passed).filter((point) => point.startsWith('feeder.')),
        label,
      ).toEqual([]);
      expect(books.card(CARD).spoiledFor, label).toBeNull();
      await encodeUntilDone(world, CARD);
      await expectFinished(label);
      if (at < commands - 1) await world.remove();
    }
    expect(ended).toBe(commands - 3);
  });

  it.each([0, 6, 14, 20])('a process paused at intent %i wakes after another seat has finished the card', async (pauseAt) => {
    await begin();
    const { journal } = world.encoding;
    let intents = 0;
    const paused: typeof journal = {
      ...journal,
      async intend(claim, step) {
        if (intents++ === pauseAt) {
          const { lease } = world.books.card(CARD);
          if (lease !== null) lease.over = true;
          expect(await encodeCard(world.encoding, world.seat('encode:2'), CARD)).toEqual({ result: 'done' });
        }
        await journal.intend(claim, step);
      },
    };
    const late = encodeCard({ ...world.encoding, journal: paused }, world.seat('encode:1'), CARD);
    await expect(late).rejects.toMatchObject({ code: 'FENCE_LOST' });
    await expectFinished('paused');
    expect(await world.feeder.find(serial(0))).toBe('buffer');
  });

  it('a slow chip keeps its lease', async () => {
    await begin();
    let now = 0;
    const result = await encodeCard({ ...world.encoding, monotonicMs: () => (now += 4000) }, world.seat('encode:1'), CARD);
    expect(result).toEqual({ result: 'done' });
    expect(world.gate.passed.filter((point) => point === 'ledger.renew after').length).toBeGreaterThan(3);
  });
});

describe('P13, house rule: what is not the chip’s fault spoils nothing', () => {
  it(
    'an outage at every call of every port: the card is free, its piece in the seat, and the next try finishes',
    { timeout: 120_000 },
    async () => {
      await begin();
      await encode();
      const points = world.gate.passed.filter((point) => !point.startsWith('ledger.release')).length;
      await world.remove();
      for (let at = 1; at <= points; at += 1) {
        await begin();
        let passed = 0;
        world.gate.onPoint = () => {
          passed += 1;
          if (passed === at) throw new Error('an outage');
        };
        const label = `point ${at}`;
        await expect(encode(), label).rejects.toThrow('an outage');
        const { state, lease, spoiledFor, boundSerial } = world.books.card(CARD);
        if (at > 2) expect(lease, label).toBeNull();
        expect(spoiledFor, label).toBeNull();
        const done = state === 'LOCK_VERIFIED' || (await world.feeder.find(serial(0))) === 'buffer';
        if (boundSerial !== null && !done) expect(await world.feeder.at('encode:1'), label).toBe(serial(0));
        await encodeUntilDone(world, CARD);
        await expectFinished(label);
        if (at < points) await world.remove();
      }
    },
  );
});

describe('tend-seat', () => {
  /** A seat whose process was stopped by an outage, with its card's piece in it. */
  async function stopped(): Promise<ReturnType<typeof seatTender>> {
    await begin();
    outageAt('signer.securityObject before');
    await expect(encode()).rejects.toThrow('outage');
    world.gate.arm();
    return seatTender({ deps: world.encoding, seat: world.seat('encode:1'), control: world.control });
  }

  it('R1: while the line is held nothing is touched, not even asked', async () => {
    const tender = await stopped();
    const { commands } = world.seat('encode:1').chips;
    world.books.data.mode = 'held';
    expect(await tender.free()).toBe(false);
    expect(world.gate.passed).toEqual([]);
    expect(world.seat('encode:1').chips.commands).toBe(commands);
    expect(await world.feeder.at('encode:1')).toBe(serial(0));
  });

  it('draining: the piece in the seat is finished, nothing new is begun', async () => {
    const tender = await stopped();
    world.books.data.mode = 'draining';
    expect(await tender.free()).toBe(false);
    await expectFinished('draining');
    expect(await tender.free()).toBe(false);
  });

  it('a seat out of service pulls nothing and touches nothing', async () => {
    const tender = await stopped();
    world.outOfService.add('encode:1');
    expect(await tender.free()).toBe(false);
    expect(world.gate.passed).toEqual([]);
    world.outOfService.clear();
    expect(await tender.free()).toBe(false);
    await expectFinished('back in service');
    expect(await tender.free()).toBe(true);
  });

  it('the piece of a spoiled card goes to the reject tray, that of a finished one to the buffer', async () => {
    const tender = await stopped();
    const { books, feeder } = world;
    const before = books.snapshot();
    books.card(CARD).state = 'LOCK_VERIFIED';
    expect(await tender.free()).toBe(false);
    expect(await feeder.find(serial(0))).toBe('buffer');

    await feeder.carry(serial(0), 'encode:1');
    books.restore(before);
    const card = await books.ledger.claim({ cardId: CARD, station: 'encode', owner: 'encode:1' });
    if (typeof card !== 'string') await books.ledger.spoilCard(card.claim, 'CHIP_TORN');
    expect(await tender.free()).toBe(false);
    expect(await feeder.find(serial(0))).toBe('reject');
    expect(await tender.free()).toBe(true);
  });

  it('leaves the piece that the next station has fetched meanwhile', async () => {
    const tender = await stopped();
    const { books, feeder } = world;
    books.card(CARD).state = 'LOCK_VERIFIED';
    let fetched: Promise<void> | undefined;
    world.gate.onPoint = (point) => {
      if (point === 'ledger.claim before') fetched = feeder.carry(serial(0), 'printer');
    };
    expect(await tender.free()).toBe(false);
    await fetched;
    expect(await feeder.find(serial(0))).toBe('printer');
  });

  it('a lease that another process holds is waited for, and the piece stays', async () => {
    const tender = await stopped();
    await world.books.ledger.claim({ cardId: CARD, station: 'encode', owner: 'encode:2' });
    expect(await tender.free()).toBe(false);
    expect(await world.feeder.at('encode:1')).toBe(serial(0));
  });
});
