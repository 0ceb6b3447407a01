import { expect } from 'vitest';
import type { CardId } from '#queues/ports';
import type { Place } from '#queues/feeders';
import { encodeCard, inspectCard, printCard, seatTender } from '../index.ts';
import { Death } from './gate.ts';
import type { World } from './world.ts';

const TURNS_MAX = 15;

/** Does something over and over, starting a new process after each death; true from it ends it. Returns how often it died. */
async function untilTrue(world: World, turn: () => Promise<boolean>): Promise<number> {
  let deaths = 0;
  for (let turns = 0; turns < TURNS_MAX; turns += 1) {
    let done = false;
    try {
      done = await turn();
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    }
    // A death while the lease is given back ends no step with an error.
    if (world.gate.dead) {
      deaths += 1;
      await world.revive();
    } else if (done) {
      return deaths;
    }
  }
  throw new Error(`not done after ${TURNS_MAX} turns`);
}

/** What a seat does all day, for one order: its own piece first, then the doorbell of whatever record stands for the order now. */
export async function encodeUntilDone(world: World, cardId: CardId, place: Place = 'encode:1'): Promise<number> {
  const seat = world.seat(place);
  const tender = seatTender({ deps: world.encoding, seat, control: world.control });
  return await untilTrue(world, async () => {
    const free = await tender.free();
    if (world.books.live(cardId).state === 'LOCK_VERIFIED') return (await world.feeder.at(place)) === null;
    if (free) await encodeCard(world.encoding, seat, world.books.live(cardId).cardId);
    return false;
  });
}

export async function printUntilDone(world: World, cardId: CardId): Promise<number> {
  return await untilTrue(world, async () => {
    const { result } = await printCard(world.printing, cardId, 'printer');
    return result !== 'waiting';
  });
}

export async function inspectUntilDone(world: World, cardId: CardId): Promise<number> {
  return await untilTrue(world, async () => {
    const { result } = await inspectCard(world.inspecting, world.seat('inspect:1'), cardId);
    return result !== 'waiting';
  });
}

/**
 * What must hold at every quiet moment: each blank is where its moves say, no blank and no chip belongs to two cards, no chip was begun
 * but for the card it is bound to, and none before it had keys of the plant (invariant E6), nothing was printed twice.
 */
export async function checkBooks(world: World, label: string): Promise<void> {
  const { cards, blanks, moves } = world.books.data;
  for (const [serial, { place }] of blanks) {
    const own = moves.filter((move) => move.serial === serial);
    expect(own.at(-1)?.to, `${label}: ${serial}`).toBe(place);
    expect(new Set(own.map((move) => move.to)).size, label).toBe(own.length);
  }
  for (const names of [
    [...cards.values()].map((card) => card.boundSerial),
    [...cards.values()].map((card) => card.reservedSerial),
    [...cards.values()].map((card) => card.chipId),
  ]) {
    const given = names.filter((name) => name !== null);
    expect(new Set(given).size, label).toBe(given.length);
  }
  for (const { serial } of world.blanks) {
    if (world.forgotten.has(serial)) continue;
    const { lifeCycle } = await world.chip(serial);
    const bound = [...cards.values()].some((card) => card.boundSerial === serial);
    if (lifeCycle !== 'blank') expect(bound, `${label}: ${serial}`).toBe(true);
    const versions = await world.keyVersions(serial);
    if (lifeCycle !== 'blank') expect(versions, `${label}: ${serial} under its maker's keys`).toEqual([2]);
    if (!bound) expect(versions, `${label}: ${serial} has keys of ours`).toEqual([1]);
  }
  expect(new Set(world.impressions).size, `${label}: impressions`).toBe(world.impressions.length);
}
