import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { CardLedger, Claim, ClaimedCard } from '#queues/ports';
import { CardError } from './card-error.ts';
import { holdLeases } from './held-leases.ts';

const CARD = 'crd-00000000000000000000000001';
const REQUEST = { cardId: CARD, station: 'encode', owner: 'encode:1' } as const;

let renewed: number[];
let answer: () => Promise<void>;
let fence: number;
beforeEach(() => {
  vi.useFakeTimers();
  renewed = [];
  fence = 0;
  answer = () => Promise.resolve();
});
afterEach(() => vi.useRealTimers());

const ledger = {
  claim: () => Promise.resolve({ claim: { cardId: CARD, station: 'encode', fence: ++fence } } as ClaimedCard),
  renew: (claim: Claim) => {
    renewed.push(claim.fence);
    return answer();
  },
  release: () => Promise.resolve(),
} as unknown as CardLedger;

async function claimed(): Promise<{ readonly held: CardLedger; readonly claim: Claim }> {
  const held = holdLeases(ledger, { everyMs: 20_000, forMs: 600_000 });
  const card = await held.claim(REQUEST);
  if (typeof card === 'string') throw new Error(card);
  return { held, claim: card.claim };
}

test('a lease is prolonged while one command lasts longer than it, and no more after its release', async () => {
  const { held, claim } = await claimed();
  await vi.advanceTimersByTimeAsync(130_000);
  expect(renewed).toEqual([1, 1, 1, 1, 1, 1]);
  await held.release(claim);
  await vi.advanceTimersByTimeAsync(130_000);
  expect(renewed).toHaveLength(6);
});

test('a lease that was lost is not asked for again; an outage is outlasted', async () => {
  await claimed();
  answer = () => Promise.reject(new Error('Connection terminated'));
  await vi.advanceTimersByTimeAsync(40_000);
  answer = () => Promise.reject(new CardError('FENCE_LOST'));
  await vi.advanceTimersByTimeAsync(100_000);
  expect(renewed).toHaveLength(3);
});

test('a second claim of the card takes the place of the first, and a station that hangs gives up', async () => {
  const { held, claim } = await claimed();
  await held.claim(REQUEST);
  await held.release(claim);
  await vi.advanceTimersByTimeAsync(1_200_000);
  expect(new Set(renewed)).toEqual(new Set([2]));
  expect(renewed.length).toBeLessThanOrEqual(30);
});
