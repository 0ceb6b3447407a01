import type { JournalStep, PersonalisationJournal } from '#encoder/personalisation';

export interface JournalEntry extends JournalStep {
  result?: 'done' | 'refused' | 'unknown';
}

/** A journal in memory that can be asked whether an effect is under way. */
export interface SweepJournal extends PersonalisationJournal {
  readonly entries: readonly JournalEntry[];
  /** The operation that is intended and has no outcome yet. */
  readonly underWay: () => JournalStep['operation'] | undefined;
}

export function sweepJournal(): SweepJournal {
  const entries: JournalEntry[] = [];
  return {
    entries,
    underWay: () => {
      const last = entries.at(-1);
      return last?.result === undefined ? last?.operation : undefined;
    },
    // An intent is durable some time after it was asked for: a command that did not wait for it would show.
    async intend(step) {
      await Promise.resolve();
      entries.push({ ...step });
    },
    async outcome(sequence, result) {
      await Promise.resolve();
      const entry = entries.findLast((candidate) => candidate.sequence === sequence);
      if (entry !== undefined) entry.result = result;
    },
  };
}
