import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ReaderError, type CardConnection } from '#encoder/readers';
import { clearStation, forgetLosses, inspectCard, printCard } from './index.ts';
import { LOSSES_MAX } from './seat-losses.ts';
import { checkBooks, citizen, createWorld, encodeUntilDone, printUntilDone, type BooksData, type World } from './testing/index.ts';

/** Two cards are encoded and printed once; each test starts from there, with the same two pieces. */
let world: World;
let encoded: BooksData;
let printed: BooksData;

const [ANNA, BAO] = ['card-0', 'card-1'];
const serial = (at: number): string => world.blanks[at]?.serial ?? '';
const face = (of: string, side: 'front' | 'back', folder = 'feeder/faces'): string => join(world.folder, folder, `${of}-${side}.png`);
const SIDES = ['front', 'back'] as const;

beforeAll(async () => {
  world = await createWorld({ blanks: 3, citizens: [await citizen(0), await citizen(1)] });
  await encodeUntilDone(world, ANNA);
  await encodeUntilDone(world, BAO);
  encoded = world.books.snapshot();
  await printUntilDone(world, ANNA);
  await printUntilDone(world, BAO);
  printed = world.books.snapshot();
  for (const at of [0, 1]) for (const side of SIDES) await copyFile(face(serial(at), side), face(serial(at), side, '.'));
});
afterAll(() => world.remove());

/** Puts the print of one person on a piece. */
async function showing(piece: string, of: string, sides: readonly ('front' | 'back')[] = SIDES): Promise<void> {
  await world.wipe(piece);
  for (const side of sides) await copyFile(face(of, side, '.'), face(piece, side));
}

async function startFrom(data: BooksData): Promise<void> {
  world.books.restore(data);
  for (const at of [0, 1]) await world.feeder.carry(serial(at), 'buffer');
  world.impressions.length = 0;
  world.evidence.length = 0;
  world.logged.length = 0;
  world.gate.onPoint = undefined;
  world.gate.arm();
}

afterEach(() => checkBooks(world, 'afterwards'));

describe('step 10, printCard: killed between intent and outcome', () => {
  beforeEach(async () => {
    await startFrom(encoded);
    // The intent of a process that died.
    const card = await world.books.ledger.claim({ cardId: ANNA, station: 'print', owner: 'printer' });
    if (typeof card === 'string') throw new Error(card);
    await world.books.prints.intend(card.claim, { frontHash: 'aa', backHash: 'bb' });
  });
  const print = () => printCard(world.printing, ANNA, 'printer');

  it('nothing on the face: looked up, printed once', async () => {
    await world.wipe(serial(0));
    expect(await print()).toEqual({ result: 'done' });
    expect(world.impressions).toEqual([serial(0)]);
    expect(world.books.data.jobs.map(({ job }) => [job.jobId, job.outcome])).toEqual([
      ['card-0-p1', 'nothing_on_face'],
      ['card-0-p2', 'printed'],
    ]);
    expect(world.books.card(ANNA).state).toBe('PRINTED');
  });

  it('both faces on it: the outcome is looked up, nothing is printed', async () => {
    await showing(serial(0), serial(0));
    expect(await print()).toEqual({ result: 'done' });
    expect(world.impressions.length).toBe(0);
    expect(world.books.data.jobs.map(({ job }) => [job.jobId, job.outcome])).toEqual([['card-0-p1', 'printed']]);
    expect(world.books.card(ANNA).state).toBe('PRINTED');
    expect(await world.feeder.find(serial(0))).toBe('buffer');
  });

  it.each([
    ['the front alone', () => showing(serial(0), serial(0), ['front'])],
    ['the back alone', () => showing(serial(0), serial(0), ['back'])],
    ["another card's faces", () => showing(serial(0), serial(1))],
  ])('%s: nobody can mend it, the card is spoiled PRINT_IN_DOUBT', async (_name, arrange) => {
    await arrange();
    expect(await print()).toEqual({ result: 'spoiled', why: 'PRINT_IN_DOUBT' });
    expect(world.impressions).toEqual([]);
    expect(world.books.card(ANNA)).toMatchObject({ state: 'SPOILED', spoiledFor: 'PRINT_IN_DOUBT' });
    expect(world.books.live(ANNA)).toMatchObject({ supersedes: ANNA, state: 'RELEASED' });
    expect(world.books.data.blanks.get(serial(0))?.place).toBe('spoiled');
    expect(await world.feeder.find(serial(0))).toBe('reject');
  });

  it('and once more after the look-up, before the card was spoiled: the same end', async () => {
    await showing(serial(0), serial(0), ['front']);
    world.gate.onPoint = (point) => {
      if (point === 'ledger.spoilCard before') throw new Error('an outage');
    };
    await expect(print()).rejects.toThrow('outage');
    world.gate.onPoint = undefined;
    expect(world.books.data.jobs.at(-1)?.job.outcome).toBe('failed');
    await world.wipe(serial(0));
    expect(await print()).toEqual({ result: 'spoiled', why: 'PRINT_IN_DOUBT' });
    expect(world.impressions).toEqual([]);
  });

  it('a camera that fails says nothing of the card: it waits', async () => {
    await showing(serial(0), serial(0));
    const feeder = { ...world.printing.feeder, photograph: () => Promise.resolve({ front: new Uint8Array(9), back: new Uint8Array(9) }) };
    await expect(printCard({ ...world.printing, feeder }, ANNA, 'printer')).rejects.toMatchObject({ code: 'FACE_PNG_CORRUPT' });
    expect(world.books.card(ANNA)).toMatchObject({ state: 'LOCK_VERIFIED', lease: null });
    expect(world.books.data.jobs.at(-1)?.job.outcome).toBeNull();
    expect(await print()).toEqual({ result: 'done' });
  });

  it('a printer that is away: the job stays open, and the face decides', async () => {
    await world.wipe(serial(0));
    world.gate.onPoint = (point) => {
      if (point === 'printer.print before') throw new Error('an outage');
    };
    for (let away = 0; away < 3; away += 1) await expect(print()).rejects.toThrow('outage');
    world.gate.onPoint = undefined;
    expect(await print()).toEqual({ result: 'done' });
    expect(world.impressions).toEqual([serial(0)]);
  });

  it('E2: the fence is lost after the intent: no impression', async () => {
    await world.wipe(serial(0));
    world.gate.onPoint = (point) => {
      if (point === 'prints.outcome before') world.books.card(ANNA).fence += 1;
    };
    await expect(print()).rejects.toMatchObject({ code: 'FENCE_LOST' });
    expect(world.impressions).toEqual([]);
  });
});

describe('step 11, inspectCard', () => {
  beforeEach(async () => {
    await startFrom(printed);
    for (const at of [0, 1]) await showing(serial(at), serial(at));
  });
  const inspect = (cardId: string) => inspectCard(world.inspecting, world.seat('inspect:1'), cardId);

  it('the faces of two cards are exchanged: both are named SWAPPED and spoiled, no evidence of a good card', async () => {
    await showing(serial(0), serial(1));
    await showing(serial(1), serial(0));
    for (const cardId of [ANNA, BAO]) expect(await inspect(cardId)).toEqual({ result: 'spoiled', why: 'INSPECTION_FAILED' });
    expect(world.books.data.inspections.map(({ passed, reasons }) => [passed, reasons[0]])).toEqual([
      [false, 'SWAPPED'],
      [false, 'SWAPPED'],
    ]);
    for (const at of [0, 1]) {
      expect(world.books.data.blanks.get(serial(at))?.place).toBe('spoiled');
      expect(await world.feeder.find(serial(at))).toBe('reject');
    }
    expect(world.evidence).toEqual([]);
  });

  it('a card whose print is blank is UNREADABLE', async () => {
    await world.wipe(serial(0));
    expect(await inspect(ANNA)).toEqual({ result: 'spoiled', why: 'INSPECTION_FAILED' });
    expect(world.books.data.inspections).toMatchObject([{ cardId: ANNA, passed: false, reasons: ['UNREADABLE'] }]);
    expect(world.evidence).toEqual([]);
    expect(world.books.live(ANNA).state).toBe('RELEASED');
  });

  it('a chip that misses its contacts once is read again, and is good', async () => {
    const { chips } = world.seat('inspect:1');
    const pulled = chips.commands + 15;
    chips.onCommand = (command) => (command === pulled ? 'after' : undefined);
    expect(await inspect(ANNA)).toEqual({ result: 'done' });
    chips.onCommand = undefined;
    expect(world.books.card(ANNA).state).toBe('INSPECTED');
    expect(world.evidence.length).toBe(1);
  });

  it('a chip that stays silent is the end of the card, not a loop', async () => {
    const { chips } = world.seat('inspect:1');
    const first = chips.commands;
    chips.onCommand = () => 'before';
    expect(await inspect(ANNA)).toEqual({ result: 'spoiled', why: 'INSPECTION_FAILED' });
    chips.onCommand = undefined;
    expect(chips.commands - first).toBe(3);
    expect(world.books.data.inspections).toMatchObject([{ passed: false, reasons: ['UNREADABLE'] }]);
  });

  it('a chip that hangs until the deadline is set down again twice, and then it is one that nobody can read', async () => {
    const seat = world.seat('inspect:1');
    let hung = 0;
    const connect = async (): Promise<CardConnection> => ({
      ...(await seat.reader.connect()),
      transmit: () => {
        hung += 1;
        return Promise.reject(new ReaderError('DEADLINE'));
      },
    });
    const hanging = { ...seat, reader: { ...seat.reader, connect } };
    expect(await inspectCard(world.inspecting, hanging, ANNA)).toEqual({ result: 'spoiled', why: 'INSPECTION_FAILED' });
    expect(hung).toBe(3);
    expect(world.books.data.inspections).toMatchObject([{ passed: false, reasons: ['UNREADABLE'] }]);
  });

  it('E7: a seat where every card fails judges no more of them, until somebody has looked', async () => {
    const seat = world.seat('inspect:1');
    for (let loss = 0; loss < LOSSES_MAX; loss += 1) {
      await startFrom(printed);
      await world.wipe(serial(0));
      expect(await inspectCard(world.inspecting, seat, ANNA)).toEqual({ result: 'spoiled', why: 'INSPECTION_FAILED' });
    }
    await startFrom(printed);
    await showing(serial(0), serial(0));
    expect(await inspectCard(world.inspecting, seat, ANNA)).toEqual({ result: 'waiting', why: 'SEAT_SUSPECT' });
    expect(world.books.card(ANNA)).toMatchObject({ state: 'PRINTED', lease: null });
    forgetLosses(seat);
    expect(await inspectCard(world.inspecting, seat, ANNA)).toEqual({ result: 'done' });
  });

  it('a camera that fails, or an order that cannot be opened, says nothing of the card: it waits', async () => {
    const photograph = () => Promise.resolve({ front: new Uint8Array(9), back: new Uint8Array(9) });
    const blind = { ...world.inspecting, feeder: { ...world.inspecting.feeder, photograph } };
    await expect(inspectCard(blind, world.seat('inspect:1'), ANNA)).rejects.toMatchObject({ code: 'FACE_PNG_CORRUPT' });
    world.gate.onPoint = (point) => {
      if (point === 'records.open before') throw new Error('an outage');
    };
    await expect(inspect(ANNA)).rejects.toThrow('outage');
    world.gate.onPoint = undefined;
    expect(world.books.card(ANNA)).toMatchObject({ state: 'PRINTED', lease: null });
    expect(world.books.data.inspections).toEqual([]);
    expect(await world.feeder.at('inspect:1')).toBe(serial(0));
    expect(await inspect(ANNA)).toEqual({ result: 'done' });
  });

  it('a failed verdict is the last word: a better-looking card afterwards does not pass', async () => {
    await world.wipe(serial(0));
    const card = await world.books.ledger.claim({ cardId: ANNA, station: 'inspect', owner: 'inspect:1' });
    if (typeof card === 'string') throw new Error(card);
    await world.books.inspections.file(card.claim, { passed: false, reasons: ['UNREADABLE'], report: null });
    await showing(serial(0), serial(0));
    expect(await inspect(ANNA)).toEqual({ result: 'spoiled', why: 'INSPECTION_FAILED' });
  });

  it('a failed verdict whose process died before it spoiled the card: failed again, spoiled once', async () => {
    await world.wipe(serial(0));
    world.gate.onPoint = (point) => {
      if (point === 'ledger.spoilCard before') throw new Error('an outage');
    };
    await expect(inspect(ANNA)).rejects.toThrow('outage');
    world.gate.onPoint = undefined;
    expect(await inspect(ANNA)).toEqual({ result: 'spoiled', why: 'INSPECTION_FAILED' });
    expect([...world.books.data.cards.values()].filter((card) => card.supersedes === ANNA).length).toBe(1);
  });
});

describe('a station that a dead process left occupied', () => {
  beforeEach(() => startFrom(printed));

  it.each([
    ['INSPECTED', 'good'],
    ['SPOILED', 'reject'],
    ['PRINTED', 'buffer'],
  ] as const)('the piece of a card in %s goes to %s when another one comes', async (state, tray) => {
    await world.feeder.carry(serial(1), 'inspect:1');
    world.books.card(BAO).state = state;
    await showing(serial(0), serial(0));
    expect(await inspectCard(world.inspecting, world.seat('inspect:1'), ANNA)).toEqual({ result: 'done' });
    expect(await world.feeder.find(serial(1))).toBe(tray);
  });

  it('what belongs to no card goes to people', async () => {
    await world.feeder.carry(serial(2), 'printer');
    await clearStation(world.printing, 'printer');
    expect(await world.feeder.find(serial(2))).toBe('reject');
    await world.feeder.carry(serial(2), 'stack');
  });
});
