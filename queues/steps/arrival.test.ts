import { afterEach, describe, expect, it } from 'vitest';
import { referenceDriver } from '#encoder/drivers';
import { ReaderError } from '#encoder/readers';
import { encodeCard, seatTender } from './index.ts';
import { LOSSES_MAX } from './seat-losses.ts';
import { checkBooks, citizen, createWorld, encodeUntilDone, type World, type WorldOptions } from './testing/index.ts';

const CARD = 'card-0';
let world: World;
afterEach(async () => {
  await checkBooks(world, 'afterwards');
  await world.remove();
});
const begin = async (options?: WorldOptions): Promise<World> => (world = await createWorld(options));
const serial = (at: number): string => world.blanks[at]?.serial ?? '';
const encode = () => encodeCard(world.encoding, world.seat('encode:1'), CARD);

/** The first blank was refused for this reason while it was only reserved; the same card record stands on the second. */
async function expectNextBlank(reason: string): Promise<void> {
  const { books, feeder } = world;
  expect(books.card(CARD)).toMatchObject({ state: 'LOCK_VERIFIED', boundSerial: serial(1), chipId: world.blanks[1]?.chipId });
  expect(books.data.cards.size).toBe(1);
  expect(books.data.moves.filter((move) => move.from !== 'received')).toEqual([
    { serial: serial(0), from: 'vault', to: 'line', reason: null },
    { serial: serial(0), from: 'line', to: 'spoiled', reason },
    { serial: serial(1), from: 'vault', to: 'line', reason: null },
  ]);
  expect(await feeder.find(serial(0))).toBe('reject');
  expect(await world.chip(serial(1))).toEqual({ lifeCycle: 'locked', files: world.planned(CARD) });
}

/** The first blank comes back as if it had never been given out, with what was done to its chip. */
async function usedBlankOnTheStack(use: () => Promise<unknown>): Promise<void> {
  const fresh = world.books.snapshot();
  await use();
  await world.feeder.carry(serial(0), 'stack');
  world.books.restore(fresh);
}

describe('step 5: a blank on arrival', () => {
  it('mute: spoiled while reserved, the same card takes the next one', async () => {
    await begin({ defects: { 0: { kind: 'dead' } } });
    expect(await encode()).toEqual({ result: 'done' });
    await expectNextBlank('CHIP_MUTE_ON_ARRIVAL');
  });

  it('a chip that the delivery note does not give for this serial', async () => {
    const { books } = await begin();
    books.data.blanks.set(serial(0), { chipId: 'FE00000000000000', place: 'vault' });
    expect(await encode()).toEqual({ result: 'done' });
    await expectNextBlank('CHIP_NOT_ON_DELIVERY_NOTE');
    expect((await world.chip(serial(0))).lifeCycle).toBe('blank');
  });

  it('a chip that refuses or answers nonsense: given up after being set down again, never asked for ever', async () => {
    await begin();
    const driver: typeof world.encoding.driver = (connection) =>
      referenceDriver({
        ...connection,
        async transmit(command) {
          if ((await world.feeder.at('encode:1')) !== serial(0)) return await connection.transmit(command);
          return Uint8Array.of(0x6f, 0x00);
        },
      });
    expect(await encodeCard({ ...world.encoding, driver }, world.seat('encode:1'), CARD)).toEqual({ result: 'done' });
    await expectNextBlank('CHIP_REFUSED');
    expect(world.gate.passed.filter((point) => point === 'feeder.reseat before').length).toBe(2);
  });

  it('a chip that never answers: given up after being set down again; the seat goes on', async () => {
    await begin();
    const driver: typeof world.encoding.driver = (connection) =>
      referenceDriver({
        ...connection,
        async transmit(command) {
          if ((await world.feeder.at('encode:1')) !== serial(0)) return await connection.transmit(command);
          throw new ReaderError('DEADLINE');
        },
      });
    expect(await encodeCard({ ...world.encoding, driver }, world.seat('encode:1'), CARD)).toEqual({ result: 'done' });
    await expectNextBlank('CHIP_MUTE_ON_ARRIVAL');
    expect(world.gate.passed.filter((point) => point === 'feeder.reseat before').length).toBe(2);
  });

  it.each(['locked', 'personalising'] as const)('threat: a chip that is %s already is no blank', async (lifeCycle) => {
    await begin();
    await usedBlankOnTheStack(async () => {
      if (lifeCycle === 'locked') {
        await encode();
        return;
      }
      world.gate.onPoint = (point) => {
        if (point === 'signer.securityObject before') throw new Error('the signer is away');
      };
      await expect(encode()).rejects.toThrow('away');
      world.gate.onPoint = undefined;
    });
    expect((await world.chip(serial(0))).lifeCycle).toBe(lifeCycle);
    expect(await encode()).toEqual({ result: 'done' });
    // Its chip was begun before it was bound, which `checkBooks` would call a fault of ours.
    const { moves } = world.books.data;
    expect(moves.find((move) => move.to === 'spoiled')).toMatchObject({ serial: serial(0), reason: 'CHIP_ALREADY_BOUND' });
    expect(world.books.card(CARD)).toMatchObject({ state: 'LOCK_VERIFIED', boundSerial: serial(1) });
    world.forgetChip(serial(0));
  });

  it('threat: a serial that stock does not know goes to the reject tray untouched', async () => {
    const { books, feeder } = await begin();
    books.data.blanks.delete(serial(0));
    books.data.moves = books.data.moves.filter((move) => move.serial !== serial(0));
    expect(await encode()).toEqual({ result: 'done' });
    expect(books.card(CARD).boundSerial).toBe(serial(1));
    expect(await feeder.find(serial(0))).toBe('reject');
    expect((await world.chip(serial(0))).lifeCycle).toBe('blank');
  });

  it('an empty stack: the card waits, free for anyone', async () => {
    await begin({ blanks: 0 });
    expect(await encode()).toEqual({ result: 'waiting', why: 'STACK_EMPTY' });
    expect(world.books.card(CARD)).toMatchObject({ state: 'RELEASED', lease: null });
  });

  it('E7: a stack where nothing fits stops the seat, until people took it out of service and in again', async () => {
    const dead = { kind: 'dead' } as const;
    await begin({ blanks: 7, defects: { 0: dead, 1: dead, 2: dead, 3: dead, 4: dead } });
    const seat = world.seat('encode:1');
    const tender = seatTender({ deps: world.encoding, seat, control: world.control });
    expect(await encodeCard(world.encoding, seat, CARD)).toEqual({ result: 'waiting', why: 'SEAT_SUSPECT' });
    expect(await encodeCard(world.encoding, seat, CARD)).toEqual({ result: 'waiting', why: 'SEAT_SUSPECT' });
    expect(await tender.free()).toBe(false);
    expect(world.books.data.moves.filter((move) => move.to === 'spoiled').length).toBe(LOSSES_MAX);
    expect(await world.feeder.find(serial(5))).toBe('stack');
    expect(world.logged.filter(({ event }) => event === 'seat_suspect').length).toBe(1);

    world.outOfService.add('encode:1');
    expect(await tender.free()).toBe(false);
    world.outOfService.clear();
    expect(await tender.free()).toBe(true);
    expect(await encodeCard(world.encoding, seat, CARD)).toEqual({ result: 'done' });
    expect(world.books.card(CARD).boundSerial).toBe(serial(5));
  });

  it('E6: wrong transport keys, a fault of ours, cost no more than those few blanks', async () => {
    await begin({ blanks: 8 });
    const signer = { ...world.encoding.signer, transportKeys: () => world.wrongTransportKeys() };
    const seat = world.seat('encode:1');
    const results: string[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      const result = await encodeCard({ ...world.encoding, signer }, seat, world.books.live(CARD).cardId);
      results.push('why' in result ? result.why : result.result);
    }
    expect(results).toEqual([
      ...Array.from({ length: LOSSES_MAX }, () => 'CHIP_REFUSED'),
      ...Array.from({ length: 5 }, () => 'SEAT_SUSPECT'),
    ]);
    expect(world.books.data.moves.filter((move) => move.to === 'spoiled').length).toBe(LOSSES_MAX);
  });
});

describe('a piece that waits elsewhere', () => {
  it('is fetched though a blank was lifted for nobody: that one goes back to the stack', async () => {
    const { feeder } = await begin();
    world.gate.onPoint = (point) => {
      if (point === 'signer.transportKeys before') throw new Error('the signer is away');
    };
    await expect(encode()).rejects.toThrow('away');
    world.gate.onPoint = undefined;
    await feeder.presentBlank('encode:2');
    expect(await encodeCard(world.encoding, world.seat('encode:2'), CARD)).toEqual({ result: 'done' });
    expect(world.books.card(CARD).boundSerial).toBe(serial(0));
    expect(await feeder.find(serial(1))).toBe('stack');
  });

  it('stays where it is while the seat holds the piece of another card', async () => {
    const { feeder } = await begin({ blanks: 3, citizens: [await citizen(0), await citizen(1)] });
    world.gate.onPoint = (point) => {
      if (point === 'signer.transportKeys before') throw new Error('the signer is away');
    };
    await expect(encodeCard(world.encoding, world.seat('encode:1'), 'card-0')).rejects.toThrow('away');
    await expect(encodeCard(world.encoding, world.seat('encode:2'), 'card-1')).rejects.toThrow('away');
    world.gate.onPoint = undefined;
    expect(await encodeCard(world.encoding, world.seat('encode:2'), 'card-0')).toEqual({ result: 'waiting', why: 'SEAT_OCCUPIED' });
    expect(await feeder.at('encode:1')).toBe(serial(0));
    expect(await feeder.at('encode:2')).toBe(serial(1));
    await encodeUntilDone(world, 'card-0');
    await encodeUntilDone(world, 'card-1', 'encode:2');
    expect(world.books.card('card-1')).toMatchObject({ state: 'LOCK_VERIFIED', boundSerial: serial(1) });
  });
});
