import { setTimeout as sleep } from 'node:timers/promises';

/** How fast contacts and chip are. */
export interface Timing {
  /** Of command and response together. */
  readonly bytesPerSecond: number;
  readonly msPerCommand: number;
}

/**
 * Makes a card as slow as a real one by waiting. Timers are coarse: what one command waited too long, later ones wait
 * less, so that the sum is right.
 */
export class CardTiming {
  readonly #timing: Timing | undefined;
  #owedMs = 0;

  constructor(timing: Timing | undefined) {
    this.#timing = timing;
  }

  async wait(exchange: { readonly started: number; readonly bytes: number }): Promise<void> {
    if (this.#timing === undefined) return;
    const { bytesPerSecond, msPerCommand } = this.#timing;
    const due = exchange.started + msPerCommand + (exchange.bytes * 1000) / bytesPerSecond + this.#owedMs;
    const waitMs = due - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    // A long stall of this process is not made up for by answering many commands at once.
    this.#owedMs = Math.max(due - performance.now(), -20);
  }
}
