import { setTimeout as sleep } from 'node:timers/promises';

/** How fast contacts and chip are. */
export interface Timing {
  /** Of command and response together. */
  readonly bytesPerSecond: number;
  readonly msPerCommand: number;
  /** For each key pair that a chip makes; as fast as the machine when absent. */
  readonly msPerKey?: number;
}

/** One command and its answer. */
export interface Exchange {
  /** `performance.now()` when the chip took the command. */
  readonly started: number;
  readonly bytes: number;
  /** Key pairs that it made. */
  readonly keys: number;
}

/**
 * Makes a card as slow as a real one by waiting. Timers are coarse, and software is at times slower than the chip that it plays: what
 * one command took too long, later ones of the same session wait less, so that the sum is right.
 */
export class CardTiming {
  readonly #timing: Timing | undefined;
  #owedMs = 0;

  constructor(timing: Timing | undefined) {
    this.#timing = timing;
  }

  /** A reset: what was owed before is forgotten. */
  restart(): void {
    this.#owedMs = 0;
  }

  async wait({ started, bytes, keys }: Exchange): Promise<void> {
    if (this.#timing === undefined) return;
    const { bytesPerSecond, msPerCommand, msPerKey = 0 } = this.#timing;
    const due = started + msPerCommand + (bytes * 1000) / bytesPerSecond + keys * msPerKey + this.#owedMs;
    const waitMs = due - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    this.#owedMs = due - performance.now();
  }
}
