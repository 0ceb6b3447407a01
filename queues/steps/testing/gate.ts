/** The process is gone: what comes after it in its program does not happen. */
export class Death extends Error {
  constructor(point: string) {
    super(`the process died at ${point}`);
  }
}

/**
 * Every call of every port passes here twice, before its effect and after it. A process that has died stays dead: its
 * `finally` blocks reach nothing, until another one is started in its place (`revive`).
 */
export class Gate {
  /** Points passed since the last `arm`. */
  points = 0;
  readonly passed: string[] = [];
  /** Asked at each point; may throw what an outage would, or change the world under the step's feet. */
  onPoint: ((point: string) => void) | undefined;
  #dieAt: number | undefined;
  #dead = false;

  /** The process dies at the n-th point from here on (from 1), or never. */
  arm(dieAt?: number): void {
    this.points = 0;
    this.passed.length = 0;
    this.#dieAt = dieAt;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /**
   * Of the points passed since `arm`, those (from 1) where a death leaves something else behind than at the one before: nothing
   * durable happens between the end of one call and the beginning of the next.
   */
  distinct(): readonly number[] {
    return this.passed.flatMap((point, at) =>
      point.endsWith(' before') && this.passed[at - 1]?.endsWith(' after') === true ? [] : [at + 1],
    );
  }

  revive(): void {
    this.#dead = false;
  }

  pass(point: string): void {
    if (this.#dead) throw new Death(point);
    this.points += 1;
    this.passed.push(point);
    if (this.points === this.#dieAt) {
      this.#dead = true;
      throw new Death(point);
    }
    this.onPoint?.(point);
  }

  /** For what is no port and still dies with its process: a reader's connection. */
  live(): void {
    if (this.#dead) throw new Death('a dead process');
  }

  /** The same port, passing here. */
  watch<T extends object>(name: string, port: T): T {
    const watched = Object.entries(port).map(([method, value]: [string, unknown]) => {
      if (typeof value !== 'function') return [method, value];
      const call = value as (...inputs: unknown[]) => Promise<unknown>;
      const through = async (...inputs: unknown[]): Promise<unknown> => {
        this.pass(`${name}.${method} before`);
        const result = await call.apply(port, inputs);
        this.pass(`${name}.${method} after`);
        return result;
      };
      return [method, through];
    });
    return Object.fromEntries(watched) as T;
  }
}
