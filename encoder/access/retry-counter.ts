import { StatusWord } from '#encoder/apdu';
import type { PasswordKind } from './password.ts';

/** The retry counter of a blocking password (BSI TR-03110-2 §2.2.3), in memory that outlives the power. */
export interface RetryCounter {
  /** Tries of a fresh counter, at most 15. */
  readonly initial: number;
  remaining(): number;
  set(remaining: number): void;
}

/** PIN, and PUK where it blocks: MRZ and CAN never do (§2.4). */
export type RetryCounters = Readonly<Partial<Record<BlockingPassword, RetryCounter>>>;
export type BlockingPassword = Extract<PasswordKind, 'pin' | 'puk'>;

/** Whether wrong ones are counted. */
export function isBlocking(kind: PasswordKind): kind is BlockingPassword {
  return kind === 'pin' || kind === 'puk';
}

/** 63Cx, as a number without x. */
const TRIES_LEFT = 0x63c0;

/**
 * What a chip does with its counters: with no try left a password is blocked, with one it is suspended until the CAN was
 * entered in the same session, which makes it worth exactly one try.
 */
export class PasswordTries {
  readonly #counters: RetryCounters;
  readonly #resumed = new Set<BlockingPassword>();

  constructor(counters: RetryCounters) {
    this.#counters = counters;
  }

  /** Of MSE:Set AT: 9000, or how many tries are left when they are fewer than at first (TR-03110-3 §B.14.1). */
  selected(kind: PasswordKind): number {
    const counter = this.#counterOf(kind);
    const left = counter?.remaining();
    return left === undefined || left === counter?.initial ? StatusWord.SUCCESS : TRIES_LEFT | left;
  }

  /** Why the password cannot be tried: 6983 blocked, 6985 suspended (§B.14.2); undefined when it can. */
  refusal(kind: PasswordKind): number | undefined {
    const left = this.#counterOf(kind)?.remaining();
    if (left === 0) return StatusWord.AUTHENTICATION_BLOCKED;
    return left === 1 && isBlocking(kind) && !this.#resumed.has(kind) ? StatusWord.CONDITIONS_NOT_SATISFIED : undefined;
  }

  /** Before the proof is looked at, so that a cut of the power costs the try. */
  spend(kind: PasswordKind): void {
    if (isBlocking(kind)) this.#resumed.delete(kind);
    const counter = this.#counterOf(kind);
    counter?.set(Math.max(0, counter.remaining() - 1));
  }

  succeeded(kind: PasswordKind): void {
    const counter = this.#counterOf(kind);
    counter?.set(counter.initial);
    if (kind !== 'can') return;
    for (const suspended of ['pin', 'puk'] as const) if (this.#counters[suspended]?.remaining() === 1) this.#resumed.add(suspended);
  }

  /** Of the step that showed the wrong password. */
  failed(kind: PasswordKind): number {
    const left = this.#counterOf(kind)?.remaining();
    return left === undefined ? StatusWord.AUTHENTICATION_FAILED : TRIES_LEFT | left;
  }

  /** "The resumed state SHALL be volatile." */
  sessionEnded(): void {
    this.#resumed.clear();
  }

  #counterOf(kind: PasswordKind): RetryCounter | undefined {
    return isBlocking(kind) ? this.#counters[kind] : undefined;
  }
}
