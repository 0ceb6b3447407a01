import { describe, expect, it } from 'vitest';
import { checkBooks, createWorld, encodeUntilDone, inspectUntilDone, printUntilDone, type World } from './testing/index.ts';

/**
 * Every step is stopped at every call of every port, before the call's effect and after it, and carried on by a new process: the
 * sweep of all crash points at the steps' level (`encoder/personalisation/sweep.test.ts` has the commands of the chip).
 */
const CARD = 'card-0';

async function inWorld<T>(use: (world: World) => Promise<T>): Promise<T> {
  const world = await createWorld();
  try {
    return await use(world);
  } finally {
    await world.remove();
  }
}

describe('invariants C2, E1, E3, R1: the process of a station dies at every point', () => {
  it('encode: one chip, byte-identical, one signature, one blank', { timeout: 240_000 }, async () => {
    let died = 0;
    for (let at = 1; ; at += 1) {
      const more = await inWorld(async (world) => {
        world.gate.arm(at);
        const deaths = await encodeUntilDone(world, CARD);
        const label = `point ${at}`;
        const serial = world.blanks[0]?.serial ?? '';
        expect(world.books.card(CARD), label).toMatchObject({ state: 'LOCK_VERIFIED', boundSerial: serial, spoiledFor: null });
        expect(await world.chip(serial), label).toEqual({ lifeCycle: 'locked', files: world.planned(CARD) });
        expect(world.signatures.length, label).toBe(1);
        expect(await world.feeder.find(serial), label).toBe('buffer');
        expect(await world.feeder.find(world.blanks[1]?.serial ?? ''), label).toBe('stack');
        await checkBooks(world, label);
        return deaths > 0;
      });
      if (!more) break;
      died += 1;
    }
    expect(died).toBeGreaterThan(80);
  });

  it('print: one impression, whenever it died', { timeout: 120_000 }, async () => {
    await inWorld(async (world) => {
      await encodeUntilDone(world, CARD);
      const encoded = world.books.snapshot();
      const serial = world.blanks[0]?.serial ?? '';
      const again = async (dieAt?: number): Promise<number> => {
        world.books.restore(encoded);
        world.impressions.length = 0;
        await world.feeder.carry(serial, 'buffer');
        await world.wipe(serial);
        world.gate.arm(dieAt);
        return await printUntilDone(world, CARD);
      };
      await again();
      const points = world.gate.distinct();
      expect(points.length).toBeGreaterThan(10);
      for (const at of points) {
        expect(await again(at), `point ${at}`).toBe(1);
        expect(world.books.card(CARD), `point ${at}`).toMatchObject({ state: 'PRINTED', spoiledFor: null, boundSerial: serial });
        expect(world.impressions, `point ${at}`).toEqual([serial]);
        expect(world.books.data.jobs.filter(({ job }) => job.outcome === 'printed').length, `point ${at}`).toBe(1);
        expect(await world.feeder.find(serial), `point ${at}`).toBe('buffer');
        await checkBooks(world, `point ${at}`);
      }
    });
  });

  it('inspect: good once, its blank good once, its piece in the tray', { timeout: 120_000 }, async () => {
    await inWorld(async (world) => {
      await encodeUntilDone(world, CARD);
      await printUntilDone(world, CARD);
      const printed = world.books.snapshot();
      const serial = world.blanks[0]?.serial ?? '';
      const again = async (dieAt?: number): Promise<number> => {
        world.books.restore(printed);
        await world.feeder.carry(serial, 'buffer');
        world.gate.arm(dieAt);
        return await inspectUntilDone(world, CARD);
      };
      await again();
      const points = world.gate.distinct();
      expect(points.length).toBeGreaterThan(7);
      for (const at of points) {
        expect(await again(at), `point ${at}`).toBe(1);
        expect(world.books.card(CARD), `point ${at}`).toMatchObject({ state: 'INSPECTED', spoiledFor: null });
        expect(world.books.data.inspections.filter(({ passed }) => passed).length, `point ${at}`).toBe(1);
        expect(await world.feeder.find(serial), `point ${at}`).toBe('good');
        await checkBooks(world, `point ${at}`);
      }
    });
  });
});
