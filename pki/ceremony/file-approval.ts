import { utf8 } from '#encoder/bytes';
import { assertApproved, type Approval, type Approvable, type Quorum } from './approval.ts';
import { CeremonyError } from './ceremony-error.ts';
import { recorded, textOf } from './entries.ts';
import { readCeremonyFile, type Ceremony } from './file.ts';
import type { Minute, MinutesMode } from './minutes.ts';
import { quorumOf } from './quorum.ts';

/** What each person signs before a ceremony: the file, byte by byte. An approval of its rehearsal is none of the ceremony. */
export function ceremonyApprovable(file: Uint8Array, mode: MinutesMode = 'production'): Approvable {
  return { kind: mode === 'rehearsal' ? 'rehearsal' : 'ceremony', content: file };
}

/** What each person who is present signs at its end: the hash of the last minute, and with it all minutes before, and when that was. */
export function closingApprovable(head: string, at: string): Approvable {
  return { kind: 'minutes', content: utf8(`${head} ${at}`) };
}

/** Those of the file; and, when it is not the first ceremony, those of the one before, who alone can hand their office on. */
export function quorumsOf(minutes: readonly Minute[], ceremony: Ceremony): readonly Quorum[] {
  const before = minutes.findLast(({ step, subject }) => step === 'finished' && subject !== ceremony.id);
  const file = before === undefined ? undefined : recorded(minutes, 'started', before.subject)?.facts;
  const own = quorumOf(ceremony);
  return file === undefined ? [own] : [own, quorumOf(readCeremonyFile(utf8(textOf(file, 'file'))))];
}

/** Each quorum is asked about its own people; who is of none has no place in it. */
export function assertFileApproved(file: Approvable, approvals: readonly Approval[], quorums: readonly Quorum[]): void {
  const isOf = (person: string, { custodians }: Quorum): boolean => custodians.some(({ id }) => id === person);
  const stranger = approvals.find(({ person }) => !quorums.some((quorum) => isOf(person, quorum)));
  if (stranger !== undefined) throw new CeremonyError('APPROVAL_PERSON_UNKNOWN', { where: `ceremony ${stranger.person}` });
  for (const quorum of quorums) {
    const theirs = approvals.filter(({ person }) => isOf(person, quorum));
    assertApproved(file, theirs, quorum);
  }
}
