import { fromHex, utf8 } from '#encoder/bytes';
import { assertApproved, type Approval, type Custodian } from './approval.ts';
import { CeremonyError } from './ceremony-error.ts';
import { recorded, textOf, type Facts } from './entries.ts';
import { readCeremonyFile, type Ceremony } from './file.ts';
import { hashOf, parseMinutes, type Minute, type MinutesMode } from './minutes.ts';
import { quorumOf } from './quorum.ts';
import { assertFileApproved, ceremonyApprovable, closingApprovable, quorumsOf } from './file-approval.ts';
import { kcvApprovable } from './steps/import-shared-keys.ts';

export interface VerifiedCeremony {
  readonly ceremony: Ceremony;
  readonly begun: Date;
  /** Undefined while it is under way. */
  readonly finished: Date | undefined;
  /** Who signed its minutes at the end. */
  readonly closedBy: readonly Custodian[];
}

export interface VerifiedMinutes {
  readonly minutes: readonly Minute[];
  readonly ceremonies: readonly VerifiedCeremony[];
}

/**
 * Everything that can be said about minutes without any token: every line is there and unchanged; each ceremony's file was approved as it
 * stands in them, by its people and by those before them; each confirmed check value was; and each finished ceremony was closed by
 * enough people, whose signatures cover every line before: who rewrites the whole chain cannot sign it.
 *
 * Throws `CEREMONY_MINUTES_BROKEN`, `CEREMONY_REHEARSAL`, `APPROVAL_…`.
 */
export function verifyMinutes(text: string, mode: MinutesMode = 'production'): VerifiedMinutes {
  const minutes = parseMinutes(text, mode);
  assertOneAfterTheOther(minutes);
  const ceremonies = minutes.flatMap((minute, index) => {
    if (minute.step !== 'started') return [];
    const file = utf8(textOf(minute.facts, 'file'));
    const ceremony = readCeremonyFile(file);
    const same =
      ceremony.id === minute.subject && ceremony.sha256 === minute.facts['sha256'] && ceremony.abandons === minute.facts['abandons'];
    if (!same) throw broken(minute);
    assertFileApproved(ceremonyApprovable(file, mode), signatures(minute.facts, 'approved'), quorumsOf(minutes.slice(0, index), ceremony));
    const finished = recorded(minutes, 'finished', ceremony.id);
    const closedBy = finished === undefined ? [] : assertClosed(minutes, finished, ceremony);
    return [{ ceremony, begun: new Date(minute.at), finished: finished === undefined ? undefined : new Date(finished.at), closedBy }];
  });
  for (const minute of minutes) {
    const under = ceremonies.find(({ ceremony }) => ceremony.id === minute.subject.split('/')[0]);
    if (under === undefined) throw broken(minute);
    assertConfirmed(minute, under.ceremony, mode);
  }
  return { minutes, ceremonies };
}

/**
 * A ceremony begins once, and every line of it stands between its beginning and its end: what is written after the signatures that close it, nobody
 * has signed. Another begins when it is finished, or gives it up.
 */
function assertOneAfterTheOther(minutes: readonly Minute[]): void {
  const begun = new Set<string>();
  let open: string | undefined;
  for (const minute of minutes) {
    const { step, subject, facts } = minute;
    if (step === 'started') {
      if (open !== facts['abandons'] || begun.has(subject)) throw broken(minute);
      begun.add(subject);
      open = subject;
    }
    if (open === undefined || subject.split('/')[0] !== open) throw broken(minute);
    if (step === 'finished') open = undefined;
  }
}

function assertClosed(minutes: readonly Minute[], finished: Minute, ceremony: Ceremony): readonly Custodian[] {
  const before = minutes[finished.sequence - 1];
  const head = textOf(finished.facts, 'head');
  const closed = signatures(finished.facts, 'closed');
  // The last line has none after it that would hold it: it says nothing but what is signed, and who signed.
  const bare = Object.keys(finished.facts).length === closed.length + 1;
  if (before === undefined || hashOf(before) !== head || !bare) throw broken(finished);
  return assertApproved(closingApprovable(head, finished.at), closed, quorumOf(ceremony));
}

/** A key that others brought is confirmed by people; one that was made in the room is not. */
function assertConfirmed({ step, facts }: Minute, ceremony: Ceremony, mode: MinutesMode): void {
  if (step !== 'key' || facts['role'] !== 'transport-master') return;
  const kcv = kcvApprovable('transport-master', textOf(facts, 'kcv'), mode);
  assertApproved(kcv, signatures(facts, 'confirmed'), quorumOf(ceremony));
}

function signatures(facts: Facts, act: string): readonly Approval[] {
  return Object.entries(facts).flatMap(([name, signature]) => {
    const [verb, person] = name.split('.');
    if (verb !== act || person === undefined) return [];
    if (!/^([0-9A-F]{2})+$/.test(signature)) throw new CeremonyError('APPROVAL_MALFORMED', { where: name });
    return [{ person, signature: fromHex(signature) }];
  });
}

function broken({ sequence }: Minute): CeremonyError {
  return new CeremonyError('CEREMONY_MINUTES_BROKEN', { where: `line ${sequence + 1}` });
}
