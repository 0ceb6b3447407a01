import { afterEach, describe, expect, it } from 'vitest';
import { fromHex, Secret } from '#encoder/bytes';
import { keySetsFrom, type TransportKeySets } from '#encoder/drivers';
import { TEST_MASTER, TEST_PLANT_MASTER, testKeySets } from '#encoder/testing';
import { encodeCard } from './index.ts';
import { checkBooks, createWorld, encodeUntilDone, type World, type WorldOptions } from './testing/index.ts';

const CARD = 'card-0';
let world: World;
afterEach(async () => {
  await checkBooks(world, 'afterwards');
  await world.remove();
});
const begin = async (options?: WorldOptions): Promise<World> => (world = await createWorld(options));
const serial = (at: number): string => world.blanks[at]?.serial ?? '';

/** Encodes with these keys for each chip, and gives back every set that the step was handed. */
async function encodeWith(keysOf: (chipId: Uint8Array) => TransportKeySets) {
  const handed: TransportKeySets[] = [];
  const transportKeys: World['encoding']['signer']['transportKeys'] = (_claim, chipId) => {
    handed.push(keysOf(fromHex(chipId)));
    return Promise.resolve(handed.at(-1) ?? keysOf(fromHex(chipId)));
  };
  const deps = { ...world.encoding, signer: { ...world.encoding.signer, transportKeys } };
  const encoded = encodeCard(deps, world.seat('encode:1'), CARD);
  const result = await encoded.catch((reason: unknown) => reason);
  return { result, handed };
}

function expectDestroyed(handed: readonly TransportKeySets[]): void {
  expect(handed.length).toBeGreaterThan(0);
  for (const { enc, mac, dek } of handed.flatMap(({ maker, plant }) => [maker, plant])) {
    for (const key of [enc, mac, dek]) expect(() => key.reveal()).toThrow('destroyed');
  }
}

describe("E6: the plant's keys take the place of the chip maker's before anything of the card is written", () => {
  it('as the first step in the journal; both sets are destroyed as soon as the chip is open', async () => {
    const { books } = await begin();
    const handed: TransportKeySets[] = [];
    world.gate.onPoint = (point) => {
      if (point === 'records.open before') expectDestroyed(handed);
    };
    const transportKeys: World['encoding']['signer']['transportKeys'] = (_claim, chipId) => {
      const keys = testKeySets(fromHex(chipId));
      handed.push(keys);
      return Promise.resolve(keys);
    };
    const deps = { ...world.encoding, signer: { ...world.encoding.signer, transportKeys } };
    expect(await encodeCard(deps, world.seat('encode:1'), CARD)).toEqual({ result: 'done' });
    expectDestroyed(handed);
    expect(books.data.steps.slice(0, 2)).toMatchObject([
      { sequence: 0, operation: 'replaceKeys', result: 'done' },
      { sequence: 1, operation: 'writeBindingTag', result: 'done' },
    ]);
    expect(await world.keyVersions(serial(0))).toEqual([2]);
  });

  it.each([
    ['keysStay', [1]],
    ['checkValueLies', [2]],
  ] as const)('threat: a chip that only says so (%s) is spoiled, unwritten; the remake takes the next blank', async (kind, versions) => {
    const { books } = await begin({ defects: { 0: { kind } } });
    const { result, handed } = await encodeWith(testKeySets);
    expect(result).toEqual({ result: 'spoiled', why: 'CHIP_REFUSED' });
    expectDestroyed(handed);
    expect(await world.chip(serial(0))).toMatchObject({ lifeCycle: 'blank' });
    expect(await world.keyVersions(serial(0))).toEqual(versions);
    await encodeUntilDone(world, CARD);
    expect(books.live(CARD)).toMatchObject({ supersedes: CARD, state: 'LOCK_VERIFIED', boundSerial: serial(1) });
  });

  it('a lot with another key version than the delivery said: that blank is spoiled, no key was tried', async () => {
    await begin();
    const { result, handed } = await encodeWith((chipId) => keySetsFrom({ maker: TEST_MASTER, plant: TEST_PLANT_MASTER }, chipId, 0x20));
    expect(result).toEqual({ result: 'spoiled', why: 'CHIP_REFUSED' });
    expectDestroyed(handed);
    expect(await world.keyVersions(serial(0))).toEqual([1]);
  });

  it('a fault of ours, published keys in the token, costs no blank: nothing is sent, and the card waits', async () => {
    const { books } = await begin();
    const kit = (): Secret => new Secret(fromHex('404142434445464748494A4B4C4D4E4F'));
    const { result, handed } = await encodeWith((chipId) => ({
      ...testKeySets(chipId),
      maker: { enc: kit(), mac: kit(), dek: kit(), version: 1 },
    }));
    expect(result).toMatchObject({ code: 'KEYS_UNFIT' });
    expectDestroyed(handed);
    expect(books.card(CARD)).toMatchObject({ state: 'BLANK_BOUND', lease: null });
    await encodeUntilDone(world, CARD);
    expect(books.card(CARD)).toMatchObject({ state: 'LOCK_VERIFIED', boundSerial: serial(0) });
  });
});
