import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CardTiming } from './timing.ts';

/** A clock that tests turn: what `sleep` waits, and what the chip itself takes. */
let now = 0;
let coarse = 0;
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => {
    now += ms + coarse;
    return Promise.resolve();
  },
}));

beforeEach(() => {
  now = 0;
  coarse = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => void vi.restoreAllMocks());

const TIMING = { bytesPerSecond: 50_000, msPerCommand: 1.5, msPerKey: 300 };

async function commands(timing: CardTiming, count: number, exchange: { bytes: number; keys?: number; chipMs?: number }): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const started = now;
    now += exchange.chipMs ?? 0;
    await timing.wait({ started, bytes: exchange.bytes, keys: exchange.keys ?? 0 });
  }
}

describe('the speed of a virtual card, over a whole card', () => {
  it('bytes at the speed of the contacts, a latency for each command, and for each key that the chip makes', async () => {
    const timing = new CardTiming(TIMING);
    await commands(timing, 10, { bytes: 500 });
    expect(now).toBeCloseTo(10 * (1.5 + 10), 6);
    await commands(timing, 1, { bytes: 0, keys: 2 });
    expect(now).toBeCloseTo(115 + 1.5 + 600, 6);
  });

  it('timers that fire late, and a chip that computes for long: the sum is right', async () => {
    const timing = new CardTiming(TIMING);
    coarse = 0.9;
    await commands(timing, 50, { bytes: 100 });
    expect(now).toBeCloseTo(50 * 3.5 + 0.9, 6);
    await commands(timing, 1, { bytes: 100, chipMs: 90 });
    await commands(timing, 49, { bytes: 100 });
    expect(now).toBeCloseTo(100 * 3.5 + 0.9, 6);
  });

  it('a reset forgets what is owed', async () => {
    const timing = new CardTiming(TIMING);
    await commands(timing, 1, { bytes: 100, chipMs: 90 });
    timing.restart();
    await commands(timing, 1, { bytes: 100 });
    expect(now).toBeCloseTo(90 + 3.5, 6);
  });

  it('without a timing there is no waiting', async () => {
    await commands(new CardTiming(undefined), 3, { bytes: 1_000_000, keys: 1 });
    expect(now).toBe(0);
  });
});
