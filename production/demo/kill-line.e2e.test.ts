import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildProduct, demoPlace, killNamed, startDemo, until } from './testing/demo-process.ts';
import { askRunning, expectBooks } from './testing/plant-books.ts';
import { onTheLine } from './testing/line-work.ts';

/** Issue 2, "Show": the line process killed in the middle. The plant starts it again, and the run ends by itself. */
const PEOPLE = 12;
const place = demoPlace();

beforeAll(buildProduct);
afterAll(() => place.remove());

it('the line is killed while cards are on it, twice: every card is made once, the ledger balances', async () => {
  const demo = startDemo(place, PEOPLE);
  // Seats hold cards that are half written; the second time the printer has one in hand.
  const encoding = await until(demo, 'three cards are being written', async () => (await onTheLine(place, 'encode')) >= 3 && true);
  expect(encoding).toBe(true);
  const first = killNamed(place, 'line');
  expect(first).not.toBeNull();
  await until(demo, 'the line is back, and a card is being printed', async () => (await onTheLine(place, 'print')) >= 1 && true);
  const second = killNamed(place, 'line');
  expect(second).not.toBeNull();
  expect(second).not.toBe(first);

  expect(await demo.ended, demo.output()).toEqual({ code: 0, signal: null });
  await expectBooks(place, PEOPLE);
  expect(await askRunning(place, 'select 1')).toBeNull();
});
