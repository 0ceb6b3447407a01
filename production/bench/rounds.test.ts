import { expect, test } from 'vitest';
import { median, perSecond, quantile } from './rounds.ts';

test('the median and the slowest in a hundred, whatever order they came in', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(quantile([4, 2, 3, 1], 0.5)).toBe(3);
  expect(
    quantile(
      Array.from({ length: 200 }, (_, i) => 200 - i),
      0.99,
    ),
  ).toBe(199);
  expect(quantile([], 0.99)).toBe(0);
});

test('every call is made once, never more of them at a time than were asked for', async () => {
  const made: number[] = [];
  let inFlight = 0;
  let most = 0;
  await perSecond(50, 4, async (call) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    made.push(call);
    await Promise.resolve();
    inFlight -= 1;
  });
  expect(made.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(most).toBe(4);
});
