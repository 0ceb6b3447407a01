export interface BreakerOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** How long a failed token is left alone: twice as long after each failure in a row, and from the start again once it has done something. */
export class Breaker {
  readonly #options: BreakerOptions;
  #nextMs: number;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#nextMs = options.firstMs;
  }

  /** The pause after this failure, in milliseconds. */
  failed(): number {
    const pause = this.#nextMs;
    this.#nextMs = Math.min(2 * pause, this.#options.maxMs);
    return pause;
  }

  worked(): void {
    this.#nextMs = this.#options.firstMs;
  }
}
