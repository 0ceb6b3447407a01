import { nameOfFile, sameFile } from '#encoder/drivers';
import { KEY_VERSIONS } from '#encoder/globalplatform';
import { fileDigests, type PersonalisationPlan } from '#encoder/personalisation';
import { VirtualCard } from '#encoder/virtual-card';
import type { SweepBench } from './bench.ts';
import { againstPlan, findingsOf } from './inspect.ts';
import type { CardRun } from './make-card.ts';

/**
 * `resumed`: locked, every file byte-identical to the plan, the keys proven, every effect intended. `terminated`: the chip's own fault by its code,
 * recorded, and nothing that a reader would take for a document. Anything else is a violation.
 */
export type Verdict =
  | { readonly verdict: 'resumed' }
  | { readonly verdict: 'terminated'; readonly code: string }
  | { readonly verdict: 'violation'; readonly why: string };

export async function judge(bench: SweepBench, run: CardRun): Promise<Verdict> {
  const why = await violationOf(bench, run);
  if (why !== undefined) return { verdict: 'violation', why };
  return typeof run.end === 'string' ? { verdict: 'resumed' } : { verdict: 'terminated', code: run.end.code ?? '' };
}

async function violationOf(bench: SweepBench, run: CardRun): Promise<string | undefined> {
  const { family } = bench;
  const { log, end, journal, image, plans } = run;
  if (log.unintended.length > 0) return `command ${log.unintended.join(', ')} changed the chip without an intent`;
  if (log.taken.length > 0) return `half made after command ${log.taken.join(', ')}, and good to an inspector`;
  if (journal.underWay() !== undefined) return `${journal.underWay() ?? ''} has an intent and no outcome`;
  if (typeof end === 'object' && (end.kind !== 'chip' || end.code === null)) return `ended as ${end.kind}: ${end.message}`;
  const card = VirtualCard.open(image, { durable: false });
  try {
    const plan = plans.at(-1);
    if (typeof end === 'object') {
      if (card.lifeCycle === 'locked') return `given up with ${end.code ?? ''}, and locked`;
      return (await passes(bench, card, plan)) ? `given up with ${end.code ?? ''}, and good to an inspector` : undefined;
    }
    if (card.lifeCycle !== 'locked') return 'finished, and not locked';
    if (plan === undefined) return 'finished without a plan';
    // A chip that is found locked needs no more steps than the proof, which the seat makes itself.
    const silent = plan.steps.find(
      ({ operation, sequence }) =>
        operation !== 'proveLock' && !journal.entries.some((entry) => entry.sequence === sequence && entry.operation === operation),
    );
    if (family.capabilities.makerKeyVersion !== null) {
      // E6: before anything else, and whatever was torn.
      if (journal.entries[0]?.operation !== 'replaceKeys') return "begun under its maker's keys";
      if (card.keyVersions().join() !== `${KEY_VERSIONS.plant}`) return `finished with key versions ${card.keyVersions().join()}`;
    }
    if (silent !== undefined) return `step ${silent.sequence}, ${silent.operation}, was never intended`;
    return differs(bench, card, plans) ?? (await findingsOf(bench, card, againstPlan(plan)));
  } finally {
    await card.close();
  }
}

/** Two tries that would write different things, or a chip that holds something else. */
function differs({ family }: SweepBench, card: VirtualCard, plans: readonly PersonalisationPlan[]): string | undefined {
  const contents = new Set(plans.map((plan) => JSON.stringify(fileDigests(plan))));
  if (contents.size !== 1) return 'two tries planned different contents';
  const own = card.fileDigests().filter((file) => !family.ownFiles.some((one) => sameFile(one, file)));
  const planned = plans.flatMap(fileDigests);
  for (const file of planned) {
    const held = own.find((one) => sameFile(one, file));
    if (held === undefined) return `${nameOfFile(file)} is not there`;
    if (held.size !== file.size || held.sha256 !== file.sha256) return `${nameOfFile(file)} differs from the plan`;
  }
  const stranger = own.find((file) => !planned.some((one) => sameFile(one, file)));
  return stranger === undefined ? undefined : `${nameOfFile(stranger)} was not planned`;
}

async function passes(bench: SweepBench, card: VirtualCard, plan: PersonalisationPlan | undefined): Promise<boolean> {
  return plan !== undefined && (await findingsOf(bench, card, againstPlan(plan))) === undefined;
}
