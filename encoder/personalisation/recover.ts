import { createHash } from 'node:crypto';
import { concat, equalBytes, uintBE, utf8 } from '#encoder/bytes';
import { nameOfFile, sameFile, type ChipPublicKeys, type ChipStatus, type FileId, type FileStatus } from '#encoder/drivers';
import { PersonalisationError } from './personalisation-error.ts';
import { sameKeys, sha256Hex, type PersonalisationPlan, type PlannedFile, type PlanStep } from './plan.ts';

const NO_KEYS: ChipPublicKeys = { activeAuthentication: null, chipAuthentication: null };

/**
 * The steps of a plan that a chip still needs, from what the chip says it holds and from nothing else. On a blank chip that
 * is the whole plan after binding and keys; on a chip that was torn, everything from the first byte that is not proven to be
 * there. A file whose first bytes are not ours, or whose size is another, is deleted and written anew.
 *
 * Steps keep the numbers they have in the plan; a write that resumes inside a command carries that command's number.
 * Errors: CHIP_BOUND_TO_ANOTHER, CHIP_KEYS_DIFFER.
 */
export function remainingSteps(plan: PersonalisationPlan, status: ChipStatus): readonly PlanStep[] {
  if (status.bindingTag !== null && !equalBytes(status.bindingTag, plan.bindingTag))
    throw new PersonalisationError('CHIP_BOUND_TO_ANOTHER');
  if (status.keys !== null && !sameKeys(status.keys, plan.publicKeys)) throw new PersonalisationError('CHIP_KEYS_DIFFER');
  const held = new Map(status.files.map((file) => [nameOfFile(file), file]));
  const planned = new Set(plan.files.map(nameOfFile));
  const strangers = status.files.filter((file) => !planned.has(nameOfFile(file)));
  const extra = (plan.steps.at(-1)?.sequence ?? 0) + 1;
  return [
    ...plan.steps.filter((step) => neededOnce(step, plan, status)),
    ...strangers.map((file, at) => deletion(file, extra + plan.files.length + at)),
    ...plan.files.flatMap((file, at) => remainingOfFile(plan, file, held.get(nameOfFile(file)), extra + at)),
    ...plan.steps.filter((step) => step.operation === 'lock' || step.operation === 'proveLock'),
  ];
}

/**
 * Secrets and trust point are set again when in doubt: the chip keeps the last ones, and never says which they are. A card without
 * chip keys needs none.
 */
function neededOnce(step: PlanStep, { publicKeys }: PersonalisationPlan, status: ChipStatus): boolean {
  // A chip under the plant's keys has them; under its maker's nothing else is done to it (`openChip`).
  if (step.operation === 'replaceKeys') return false;
  if (step.operation === 'writeBindingTag') return status.bindingTag === null;
  if (step.operation === 'generateKeys') return status.keys === null && !sameKeys(publicKeys, NO_KEYS);
  return step.operation === 'setAccessSecrets' || step.operation === 'setTrustPoint';
}

function remainingOfFile(
  plan: PersonalisationPlan,
  file: PlannedFile,
  held: FileStatus | undefined,
  deletionSequence: number,
): readonly PlanStep[] {
  const steps = plan.steps.filter((step) => step.file !== undefined && sameFile(step.file, file));
  if (held === undefined) return steps;
  if (held.size !== file.bytes.length) return [deletion(file, deletionSequence), ...steps];
  const from = provenBytes(file, held);
  return steps.flatMap((step) => {
    if (step.operation !== 'writeFile' || step.offset === undefined || step.length === undefined) return [];
    const end = step.offset + step.length;
    if (end <= from) return [];
    if (step.offset >= from) return [step];
    return [{ ...step, offset: from, length: end - from, hash: sha256Hex(file.bytes.subarray(from, end)) }];
  });
}

/** Bytes from the start of the file that the chip proves, by its hash, to be ours. */
function provenBytes(file: PlannedFile, held: FileStatus): number {
  const ours = createHash('sha256').update(file.bytes.subarray(0, held.written)).digest();
  return held.written <= file.bytes.length && equalBytes(ours, held.sha256) ? held.written : 0;
}

function deletion({ directory, fid }: FileId, sequence: number): PlanStep {
  return { sequence, operation: 'deleteFile', file: { directory, fid }, hash: sha256Hex(concat(utf8(directory), uintBE(fid, 2))) };
}
