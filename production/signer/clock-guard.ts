import { SignerError, type SignerErrorCode } from './signer-error.ts';

export type ClockFault = Extract<SignerErrorCode, 'CLOCK_SKEW' | 'CLOCK_BACKWARDS' | 'CLOCK_JUMPED'>;

/** More than a second apart is not the same time (invariants P1, T1). */
const TOLERANCE_MS = 1000;
/** What a clock may be slewed: adjtime(3) moves one by 0.5 ms a second at most; twice that. */
const SLEW = 0.001;

/** Wall clock and the process's own clock that no one can set, in milliseconds, read together. */
export interface ClockReading {
  readonly wall: number;
  readonly monotonic: number;
}

export interface ClockEvidence {
  /** Around the question to the database: its clock was read between the two. */
  readonly before: ClockReading;
  readonly after: ClockReading;
  /** PostgreSQL's clock_timestamp(). */
  readonly database: number;
  /** When the newest intent was written; undefined in a plant that has none. */
  readonly newestIntent?: number | undefined;
  /** The last reading that was believed. */
  readonly last?: ClockReading | undefined;
}

/** What is wrong with the time; undefined when every clock tells the same story. */
export function clockFault({ before, after, database, newestIntent, last }: ClockEvidence): ClockFault | undefined {
  if (database < before.wall - TOLERANCE_MS || database > after.wall + TOLERANCE_MS) return 'CLOCK_SKEW';
  if (newestIntent !== undefined && Math.min(after.wall, database) + TOLERANCE_MS < newestIntent) return 'CLOCK_BACKWARDS';
  return [last, before].some((earlier) => earlier !== undefined && jumped(earlier, after)) ? 'CLOCK_JUMPED' : undefined;
}

function jumped(earlier: ClockReading, later: ClockReading): boolean {
  const elapsed = later.monotonic - earlier.monotonic;
  return Math.abs(later.wall - earlier.wall - elapsed) > TOLERANCE_MS + SLEW * elapsed;
}

/** Both ends of what the time may be: a usage period is checked against the worse of the two clocks. */
export interface TrustedTime {
  readonly earliest: Date;
  readonly latest: Date;
}

/**
 * The clock is not trusted (invariant P1). Before each group of intents three clocks are compared: this host's, the database's and the
 * one that nobody can set; and the newest intent must not lie in the future. When they do not agree nothing is signed; when they agree again,
 * signing goes on. A clock that was wrong when the process started and has been set right since looks like a jump: the signer is
 * started again by a person who has looked.
 */
export class ClockGuard {
  readonly #read: () => ClockReading;
  #last: ClockReading | undefined;
  #fault: ClockFault | undefined;

  constructor(read: () => ClockReading) {
    this.#read = read;
  }

  /** What stops the signer now; undefined while the time is believed. */
  get fault(): ClockFault | undefined {
    return this.#fault;
  }

  /**
   * @param ask reads the database's clock and the newest intent's time
   * @throws SignerError CLOCK_SKEW, CLOCK_BACKWARDS, CLOCK_JUMPED
   */
  async check(ask: () => Promise<{ readonly database: Date; readonly newestIntent: Date | null }>): Promise<TrustedTime> {
    const before = this.#read();
    const { database, newestIntent } = await ask();
    const after = this.#read();
    const evidence = { before, after, database: database.getTime(), newestIntent: newestIntent?.getTime(), last: this.#last };
    this.#fault = clockFault(evidence);
    if (this.#fault !== undefined) throw new SignerError(this.#fault, { detail: seconds(evidence) });
    this.#last = after;
    return {
      earliest: new Date(Math.min(before.wall, evidence.database)),
      latest: new Date(Math.max(after.wall, evidence.database)),
    };
  }
}

/** For the person who looks: how far the clocks are apart, in whole seconds. */
function seconds({ after, database, newestIntent, last }: ClockEvidence): string {
  const apart = (to: number): string => `${Math.round((after.wall - to) / 1000)} s`;
  return [
    `database ${apart(database)}`,
    ...(newestIntent === undefined ? [] : [`newest intent ${apart(newestIntent)}`]),
    ...(last === undefined ? [] : [`monotonic ${apart(last.wall + after.monotonic - last.monotonic)}`]),
  ].join(', ');
}
