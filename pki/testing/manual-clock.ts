import { setImmediate } from 'node:timers/promises';
import type { HostClock } from '#pki/hsm';

/** Time that passes when a test says so. */
export class ManualClock implements HostClock {
  #now: number;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor(now: Date) {
    this.#now = now.getTime();
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Lets what is under way settle, then passes this much time, timer by timer in their order, and lets what they did settle. */
  async pass(ms: number): Promise<void> {
    await settle();
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.run();
      await settle();
    }
    this.#now = end;
  }
}

/** Messages of `inMemoryProcess` take one turn each; a start takes four. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await setImmediate();
}
