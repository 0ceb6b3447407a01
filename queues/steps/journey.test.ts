import { afterEach, describe, expect, it } from 'vitest';
import { encodeCard, inspectCard, printCard } from './index.ts';
import { createWorld, type World, type WorldOptions } from './testing/index.ts';

let world: World;
afterEach(() => world.remove());
const begin = async (options?: WorldOptions): Promise<World> => (world = await createWorld(options));

describe('a card from RELEASED to INSPECTED', () => {
  it('life of a card, steps 5 to 11: encoded, printed, inspected, its blank good, the chip as planned', async () => {
    const { books, feeder, cardIds } = await begin();
    const cardId = cardIds[0] ?? '';
    const serial = world.blanks[0]?.serial ?? '';
    expect(await encodeCard(world.encoding, world.seat('encode:1'), cardId)).toEqual({ result: 'done' });
    expect(await feeder.find(serial)).toBe('buffer');
    expect(await printCard(world.printing, cardId, 'printer')).toEqual({ result: 'done' });
    expect(await inspectCard(world.inspecting, world.seat('inspect:1'), cardId)).toEqual({ result: 'done' });

    expect(books.card(cardId)).toMatchObject({ state: 'INSPECTED', boundSerial: serial, chipId: world.blanks[0]?.chipId, lease: null });
    expect(await feeder.find(serial)).toBe('good');
    const chip = await world.chip(serial);
    expect(chip).toEqual({ lifeCycle: 'locked', files: world.planned(cardId) });
    expect(books.data.inspections).toMatchObject([{ cardId, passed: true, reasons: [] }]);
    expect(world.evidence.map((entry) => [entry.cardId, entry.evidence.serial])).toEqual([[cardId, serial]]);
    expect(books.data.steps.every((step) => step.result === 'done')).toBe(true);
    expect(world.impressions).toEqual([serial]);
  });
});
