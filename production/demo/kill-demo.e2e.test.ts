import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { buildProduct, demoPlace, killQuietly, processesOf, startDemo, treeOf, until, type DemoPlace } from './testing/demo-process.ts';
import { onTheLine, progressOf } from './testing/line-work.ts';
import { expectBooks, reportOf } from './testing/plant-books.ts';

/** Issue 2, "Show": the whole demo is ended in the middle, in three ways, and the same command again carries it on. */
const PEOPLE = 8;
let place: DemoPlace;

beforeAll(buildProduct);
afterEach(() => place.remove());

/** A run with cards half written in two seats at least, and more to make. */
async function halfway(): Promise<ReturnType<typeof startDemo>> {
  place = demoPlace();
  const demo = startDemo(place, PEOPLE);
  await until(demo, 'cards are being written', async () => {
    const progress = await progressOf(place);
    return progress !== null && progress.left >= 2 && (await onTheLine(place, 'encode')) >= 2;
  });
  return demo;
}

async function carryOn(orders: Buffer): Promise<void> {
  const again = startDemo(place, PEOPLE);
  expect(await again.ended, again.output()).toEqual({ code: 0, signal: null });
  expect(again.output()).toContain('carrying on an unfinished run');
  expect(reportOf(place).timings.resumed).toBe(true);
  expect(readFileSync(join(place.outDir, 'orders.json')).equals(orders)).toBe(true);
  expect(existsSync(`${place.plantDir}.previous`)).toBe(false);
  await expectBooks(place, PEOPLE);
}

const ordersOf = (at: DemoPlace): Buffer => readFileSync(join(at.outDir, 'orders.json'));

it('only the demo itself is killed: its plant falls with it, the same command carries on at once', async () => {
  const demo = await halfway();
  killQuietly(demo.pid, 'SIGKILL');
  expect(await demo.ended).toEqual({ code: null, signal: 'SIGKILL' });
  await carryOn(ordersOf(place));
});

it('the demo and everything that it started is killed in one moment: the same command carries on', async () => {
  const demo = await halfway();
  const tree = treeOf(demo.pid);
  expect(tree.length).toBeGreaterThan(12);
  for (const pid of tree) killQuietly(pid, 'SIGKILL');
  expect(await demo.ended).toEqual({ code: null, signal: 'SIGKILL' });
  await carryOn(ordersOf(place));
});

it('Ctrl-C stops the plant in order, leaves no process, ends 130; the same command carries on', async () => {
  const demo = await halfway();
  killQuietly(demo.pid, 'SIGINT');
  expect(await demo.ended, demo.output()).toEqual({ code: 130, signal: null });
  expect(processesOf(place)).toEqual([]);
  await carryOn(ordersOf(place));
});

it('Ctrl-C while the plant is still starting leaves no process either', async () => {
  place = demoPlace();
  const demo = startDemo(place, PEOPLE);
  await until(demo, 'the first services are up', () => Promise.resolve(processesOf(place).length >= 4));
  killQuietly(demo.pid, 'SIGINT');
  expect(await demo.ended, demo.output()).toEqual({ code: 130, signal: null });
  expect(processesOf(place)).toEqual([]);
});
