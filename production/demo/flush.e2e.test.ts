import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildProduct, demoPlace, startDemo, until } from './testing/demo-process.ts';
import { onTheLine, progressOf } from './testing/line-work.ts';
import { expectBooks } from './testing/plant-books.ts';

/** Invariant Q2, and issue 2, "Show": the queue is a doorbell. Emptied at any moment, it takes nothing with it. */
const PEOPLE = 12;
const place = demoPlace();

beforeAll(buildProduct);
afterAll(() => place.remove());

it('Redis is emptied twice in the middle: every card is made once, the ledger balances', async () => {
  const demo = startDemo(place, PEOPLE);
  await until(demo, 'two cards are being written', async () => (await onTheLine(place, 'encode')) >= 2);
  expect(await flush()).toBeGreaterThan(0);
  await until(demo, 'the line works again, with cards made and cards left', async () => {
    const progress = await progressOf(place);
    return progress !== null && progress.made >= 4 && progress.left >= 2 && (await onTheLine(place, 'print')) > 0;
  });
  expect(await flush()).toBeGreaterThan(0);
  expect(await demo.ended, demo.output()).toEqual({ code: 0, signal: null });
  await expectBooks(place, PEOPLE);
});

/** @returns how many keys there were */
async function flush(): Promise<number> {
  const { redis } = JSON.parse(readFileSync(join(place.plantDir, 'running-plant.json'), 'utf8')) as { redis: { path: string } };
  const client = new Redis({ path: redis.path, maxRetriesPerRequest: 1 });
  try {
    const keys = await client.dbsize();
    await client.flushall();
    return keys;
  } finally {
    client.disconnect();
  }
}
