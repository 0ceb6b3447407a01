import { utf8 } from '#encoder/bytes';
import { approvalText, approve, assertApproved, type Approval, type Approvable } from './approval.ts';
import { CeremonyError } from './ceremony-error.ts';
import type { PresentCustodian } from './custodian.ts';
import { recorded, standingMinutes } from './entries.ts';
import { kindOf, readCeremonyFile, tokensOf, type Ceremony } from './file.ts';
import { assertFileApproved, ceremonyApprovable, closingApprovable, quorumsOf } from './file-approval.ts';
import { hashOf, type CeremonyJournal, type Minute, type MinutesMode } from './minutes.ts';
import { Proceedings, type TokenSource, type WrappedKeys } from './proceedings.ts';
import { quorumOf } from './quorum.ts';
import { verifyMinutes } from './verify-minutes.ts';

export interface RunCeremonyDeps {
  readonly clock: () => Date;
  readonly journal: CeremonyJournal;
  /** `rehearsal` with tokens in software, whose minutes no plant accepts; else `production`. */
  readonly mode: MinutesMode;
  /** Who is in the room, each with their own secret: their shares open the authority's token, their signatures close the minutes. */
  readonly present: readonly PresentCustodian[];
  /** Of `kcvApprovable`, by those who read the check value on the chip maker's paper. */
  readonly kcvApprovals?: readonly Approval[];
  /** In a rehearsal only: the check value of the key that stands in for the chip maker's. */
  readonly standInKcv?: string;
  readonly wrappedKeys?: WrappedKeys;
  /** Called for each minute once it is durable: progress for a person. */
  readonly onMinute?: (minute: Minute) => void;
}

/**
 * Does what the file says, or finishes what an interrupted run began; run again afterwards, it changes nothing and asks nobody. The minutes
 * of all ceremonies of one authority are one chain: `resultOf` reads what stands. Returns them.
 *
 * Refuses a file that was not approved as it is by enough different people (`APPROVAL_…`), by the people of the ceremony before it as
 * well when there was one; too few of them in the room (`CEREMONY_PEOPLE_ABSENT`, `SHARES_…`); a file that is not the one that was begun
 * (`CEREMONY_PLAN_CHANGED`); minutes that `verifyMinutes` refuses; and whatever else `CeremonyErrorCode` names. Throws `HsmError` too.
 */
export async function runCeremony(
  file: Uint8Array,
  approvals: readonly Approval[],
  tokens: Readonly<Record<string, TokenSource>>,
  deps: RunCeremonyDeps,
): Promise<readonly Minute[]> {
  const ceremony = readCeremonyFile(file);
  const text = await deps.journal.load();
  // Who approves this one is read in them: each signature in them is asked about before anything is built on them.
  const { minutes } = verifyMinutes(text ?? '', deps.mode);
  const begun = recorded(minutes, 'started', ceremony.id);
  if (begun !== undefined && begun.facts['sha256'] !== ceremony.sha256)
    throw new CeremonyError('CEREMONY_PLAN_CHANGED', { where: ceremony.id });
  if (recorded(minutes, 'finished', ceremony.id) !== undefined) return minutes;
  assertNoOther(minutes, ceremony);
  assertFileApproved(ceremonyApprovable(file, deps.mode), approvals, quorumsOf(minutes, ceremony));
  const present = presentAmong(deps.present, approvals, ceremony);

  const { clock, journal, mode, standInKcv, kcvApprovals = [], wrappedKeys = noWrappedKeys, onMinute = silent } = deps;
  const proceedings = new Proceedings(ceremony, minutes, {
    standInKcv,
    clock,
    journal,
    mode,
    tokens,
    present,
    kcvApprovals,
    wrappedKeys,
    onMinute,
  });
  const lacking = tokensOf(ceremony).find((name) => tokens[name] === undefined);
  if (lacking !== undefined) throw new CeremonyError('CEREMONY_TOKEN_ABSENT', { where: lacking });
  if (begun === undefined) await proceedings.record({ step: 'started', subject: '', facts: startedFacts(ceremony, file, approvals, mode) });
  await proceedings.record({ step: 'session', subject: '', facts: { present: present.map(({ id }) => id).join(' ') } });
  try {
    for (const step of ceremony.steps) await kindOf(step).run(step, proceedings);
  } finally {
    await proceedings.close();
  }
  const at = clock();
  await proceedings.record({ step: 'finished', subject: '', facts: closingFacts(proceedings.minutes, present, at), at });
  return proceedings.minutes;
}

function startedFacts(
  ceremony: Ceremony,
  file: Uint8Array,
  approvals: readonly Approval[],
  mode: MinutesMode,
): Readonly<Record<string, string>> {
  const signatures = approvals.map(approvalText).map(({ person, signature }) => [`approved.${person}`, signature] as const);
  return {
    mode: mode === 'rehearsal' ? 'REHEARSAL' : 'PRODUCTION',
    purpose: ceremony.purpose,
    sha256: ceremony.sha256,
    file: Buffer.from(file).toString('utf8'),
    ...(ceremony.abandons === undefined ? {} : { abandons: ceremony.abandons }),
    ...Object.fromEntries(signatures),
  };
}

function closingFacts(minutes: readonly Minute[], present: readonly PresentCustodian[], at: Date): Readonly<Record<string, string>> {
  const last = minutes.at(-1);
  if (last === undefined) throw new CeremonyError('CEREMONY_MINUTES_BROKEN');
  const head = hashOf(last);
  const signatures = present.map((person) => approvalText(approve(person, closingApprovable(head, at.toISOString()))));
  return { head, ...Object.fromEntries(signatures.map(({ person, signature }) => [`closed.${person}`, signature])) };
}

function presentAmong(
  present: readonly PresentCustodian[],
  approvals: readonly Approval[],
  ceremony: Ceremony,
): readonly PresentCustodian[] {
  const { custodians, needed } = quorumOf(ceremony);
  if (present.length < needed) throw new CeremonyError('CEREMONY_PEOPLE_ABSENT', { detail: `${present.length} of ${needed}` });
  // What they sign when the minutes are closed would show it too, but only at the end.
  const proof: Approvable = { kind: 'present', content: utf8(ceremony.sha256) };
  const people = assertApproved(
    proof,
    present.map((person) => approve(person, proof)),
    { custodians, needed },
  );
  const stranger = people.find(({ id }) => !approvals.some(({ person }) => person === id));
  if (stranger !== undefined)
    throw new CeremonyError('CEREMONY_PEOPLE_ABSENT', { where: stranger.id, detail: 'is present, but has not approved' });
  return present;
}

/** One ceremony at a time: another is finished first, or given up in so many words. */
function assertNoOther(minutes: readonly Minute[], { id, abandons }: Ceremony): void {
  const others = standingMinutes(minutes).filter(({ step, subject }) => step === 'started' && subject !== id);
  const unfinished = others.find(({ subject }) => recorded(minutes, 'finished', subject) === undefined)?.subject;
  if (unfinished !== undefined && unfinished !== abandons) throw new CeremonyError('CEREMONY_UNFINISHED', { where: unfinished });
  const begun = recorded(minutes, 'started', id) !== undefined;
  if (abandons !== undefined && unfinished === undefined && !begun)
    throw new CeremonyError('CEREMONY_STEP_REFUSED', { where: abandons, detail: 'only a ceremony that is under way is abandoned' });
}

async function noWrappedKeys(): Promise<undefined> {
  await Promise.resolve();
}

function silent(): void {
  // Nobody is watching.
}
