import type { SweepBench } from './bench.ts';
import type { Interruption } from './interrupted-card.ts';
import { judge, type Verdict } from './judge.ts';
import { makeCard, type CardRun } from './make-card.ts';
import type { Seats } from './seats.ts';

export interface Violation {
  readonly interruptions: readonly Interruption[];
  readonly why: string;
}

/** What became of every point of one family and one card. */
export interface SweepResult {
  readonly family: string;
  readonly profile: string;
  /** Commands of a personalisation that nothing interrupts. */
  readonly commands: number;
  /** Cards that were pulled where they should be. */
  readonly points: number;
  readonly resumed: number;
  /** Of the resumed, those whose chip was found locked. */
  readonly foundLocked: number;
  readonly terminated: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
}

/** One whole personalisation. Throws when it is not good: then there is nothing to interrupt. */
export async function wholeRun(bench: SweepBench, seats: Seats): Promise<CardRun> {
  const { run, verdict } = await point(bench, seats, []);
  if (verdict.verdict !== 'resumed' || run.end !== 'personalised' || run.tries !== 1) {
    throw new Error(`${bench.family.name} does not make ${bench.card.profile.id}: ${'why' in verdict ? verdict.why : verdict.verdict}`);
  }
  return run;
}

/** Makes a card for each set of interruptions, as many at once as there are seats. */
export async function sweep(
  bench: SweepBench,
  seats: Seats,
  input: { readonly whole: CardRun; readonly points: readonly (readonly Interruption[])[] },
): Promise<SweepResult> {
  const terminated = new Map<string, number>();
  const violations: Violation[] = [];
  const counts = { points: 0, resumed: 0, foundLocked: 0 };
  const count = (interruptions: readonly Interruption[], run: CardRun, verdict: Verdict): void => {
    if (run.log.struck === interruptions.length) counts.points += 1;
    else violations.push({ interruptions, why: `pulled ${run.log.struck} times` });
    if (verdict.verdict === 'violation') violations.push({ interruptions, why: verdict.why });
    if (verdict.verdict === 'terminated') terminated.set(verdict.code, (terminated.get(verdict.code) ?? 0) + 1);
    if (verdict.verdict === 'resumed') counts.resumed += 1;
    if (verdict.verdict === 'resumed' && run.end === 'was locked') counts.foundLocked += 1;
  };
  const waiting = input.points.values();
  const worker = async (): Promise<void> => {
    for (const interruptions of waiting) {
      const { run, verdict } = await point(bench, seats, interruptions);
      count(interruptions, run, verdict);
    }
  };
  await Promise.all(Array.from({ length: seats.count }, worker));
  const { family, card } = bench;
  return { family: family.name, profile: card.profile.id, commands: input.whole.log.commands, ...counts, terminated, violations };
}

async function point(
  bench: SweepBench,
  seats: Seats,
  interruptions: readonly Interruption[],
): Promise<{ readonly run: CardRun; readonly verdict: Verdict }> {
  const { image, remove } = bench.blank();
  try {
    const run = await makeCard(bench, seats, { image, interruptions });
    return { run, verdict: await judge(bench, run) };
  } finally {
    remove();
  }
}
