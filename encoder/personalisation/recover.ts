import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import type { ChipStatus, DriverCapabilities, FileStatus } from '#encoder/drivers';
import { PersonalisationError } from './personalisation-error.ts';
import { sameKeys, sha256Hex, type PersonalisationPlan, type PlannedFile, type PlanStep } from './plan.ts';

/**
 * The steps of a plan that a chip still needs, from what the chip says it holds and from nothing else. On a blank chip that
 * is the whole plan after binding and keys; on a chip that was torn, everything from the first byte that is not proven to be
 * there. A file whose first bytes are not ours, or whose size is another, is deleted and written anew.
 *
 * Steps keep the numbers they have in the plan; a write that resumes inside a command carries that command's number.
 * Errors: CHIP_BOUND_TO_ANOTHER, CHIP_KEYS_DIFFER.
 */
export function remainingSteps(plan: PersonalisationPlan, status: ChipStatus, capabilities: DriverCapabilities): readonly PlanStep[] {
  if (status.bindingTag !== null && !equalBytes(status.bindingTag, plan.bindingTag))
    throw new PersonalisationError('CHIP_BOUND_TO_ANOTHER');
  if (status.keys !== null && !sameKeys(status.keys, plan.publicKeys)) throw new PersonalisationError('CHIP_KEYS_DIFFER');
  const held = new Map(status.files.map((file) => [file.fid, file]));
  const planned = new Map(plan.files.map((file) => [file.fid, file]));
  const strangers = status.files.filter((file) => !planned.has(file.fid));
  const extra = plan.steps.length;
  return [
    ...plan.steps.filter((step) => neededOnce(step, status)),
    ...strangers.map((file, at) => deletion(file.fid, extra + plan.files.length + at)),
    ...plan.files.flatMap((file, at) => remainingOfFile(plan, file, held.get(file.fid), { capabilities, sequence: extra + at })),
    ...plan.steps.filter((step) => step.operation === 'lock' || step.operation === 'proveLock'),
  ];
}

/** The secrets are set again when in doubt: the chip keeps the last ones, and never says which they are. */
function neededOnce(step: PlanStep, status: ChipStatus): boolean {
  if (step.operation === 'writeBindingTag') return status.bindingTag === null;
  if (step.operation === 'generateKeys') return status.keys === null;
  return step.operation === 'setAccessSecrets';
}

function remainingOfFile(
  plan: PersonalisationPlan,
  file: PlannedFile,
  held: FileStatus | undefined,
  at: { readonly capabilities: DriverCapabilities; readonly sequence: number },
): readonly PlanStep[] {
  const steps = plan.steps.filter((step) => step.fid === file.fid);
  if (held === undefined) return steps;
  if (held.size !== file.bytes.length) return [deletion(file.fid, at.sequence), ...steps];
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

function deletion(fid: number, sequence: number): PlanStep {
  return { sequence, operation: 'deleteFile', fid, hash: sha256Hex(Uint8Array.of(fid >> 8, fid & 0xff)) };
}
