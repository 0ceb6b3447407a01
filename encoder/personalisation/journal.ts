import type { Operation } from './plan.ts';

/**
 * What was about to be done to the chip, and what became of it. `intend` resolves only when the intent is durable; only
 * then is the command sent. An intent without an outcome means: unknown, ask the chip.
 *
 * A sequence number names a step of the plan, not an attempt: a resumed run intends the steps that it repeats again, under
 * the same number and hash. The journal never holds content, only hashes.
 */
export interface PersonalisationJournal {
  intend(step: JournalStep): Promise<void>;
  /** `refused`: the chip said no, `sw` is its status word. `unknown`: nobody answered, or nobody can tell. */
  outcome(sequence: number, result: 'done' | 'refused' | 'unknown', sw?: number): Promise<void>;
}

export interface JournalStep {
  readonly sequence: number;
  readonly operation: Operation;
  /** SHA-256, 64 lower-case hex characters; see `PlanStep.hash`. */
  readonly hash: string;
}
