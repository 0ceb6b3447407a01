import { createHash } from 'node:crypto';
import { concat, equalBytes, uintBE, utf8 } from '#encoder/bytes';
import type { AccessSecrets, ChipPublicKeys, DriverCapabilities } from '#encoder/drivers';
import type { FileDigest } from './confirm.ts';
import { PersonalisationError } from './personalisation-error.ts';

export type Operation =
  | 'writeBindingTag'
  | 'generateKeys'
  | 'setAccessSecrets'
  | 'deleteFile'
  | 'createFile'
  | 'writeFile'
  | 'lock'
  | 'proveLock';

/** An elementary file as the finished chip holds it. */
export interface PlannedFile {
  readonly fid: number;
  readonly bytes: Uint8Array;
}

/** One effect on the chip: one command, except `generateKeys` and `proveLock`, which are a few. */
export interface PlanStep {
  readonly sequence: number;
  readonly operation: Operation;
  readonly fid?: number;
  readonly offset?: number;
  readonly length?: number;
  /**
   * SHA-256 in lower-case hex of the plain content that the command carries: the tag, the bytes written, FID and size of a
   * file created. Steps that carry personal secrets or nothing hash their operation's name, since six digits of a CAN behind
   * a plain hash are as good as in clear.
   */
  readonly hash: string;
}

export interface PersonalisationPlan {
  readonly bindingTag: Uint8Array;
  readonly publicKeys: ChipPublicKeys;
  readonly secrets: AccessSecrets;
  readonly files: readonly PlannedFile[];
  readonly steps: readonly PlanStep[];
}

export interface PlanInput {
  readonly bindingTag: Uint8Array;
  /** The chip's keys that DG14 and DG15 were built from: a chip that holds others is refused. */
  readonly publicKeys: ChipPublicKeys;
  readonly secrets: AccessSecrets;
  /** In the order in which they are written; EF.SOD (011D) is moved to the end. */
  readonly files: readonly PlannedFile[];
}

export const EF_SOD = 0x011d;

/** Sequence numbers of the steps before the plan is known, the same for every card. */
export const BIND_STEP = 0;
export const KEYS_STEP = 1;

/**
 * From the finished files to the ordered commands: binding tag, keys, secrets, files with EF.SOD last, lock, proof.
 * Pure: the same input gives the same steps with the same numbers and hashes.
 * Errors: PLAN_INVALID (a file twice, empty, too large for the chip, tag not 16 to 32 bytes).
 */
export function planPersonalisation(input: PlanInput, capabilities: DriverCapabilities): PersonalisationPlan {
  checkTag(input.bindingTag);
  const files = sodLast(input.files);
  checkFiles(files, capabilities);
  const steps: Omit<PlanStep, 'sequence'>[] = [
    { operation: 'writeBindingTag', hash: sha256Hex(input.bindingTag) },
    { operation: 'generateKeys', hash: nameHash('generateKeys') },
    { operation: 'setAccessSecrets', hash: nameHash('setAccessSecrets') },
    ...files.flatMap((file) => fileSteps(file, 0, capabilities)),
    { operation: 'lock', hash: nameHash('lock') },
    { operation: 'proveLock', hash: nameHash('proveLock') },
  ];
  return { ...input, files, steps: steps.map((step, sequence) => ({ ...step, sequence })) };
}

/** CREATE FILE (at offset 0) and the writes of what is left of it. */
function fileSteps(file: PlannedFile, from: number, capabilities: DriverCapabilities): readonly Omit<PlanStep, 'sequence'>[] {
  const steps: Omit<PlanStep, 'sequence'>[] = [];
  if (from === 0) {
    const content = concat(uintBE(file.fid, 2), uintBE(file.bytes.length, 2));
    steps.push({ operation: 'createFile', fid: file.fid, length: file.bytes.length, hash: sha256Hex(content) });
  }
  for (let offset = from; offset < file.bytes.length; offset += capabilities.writeBytesMax) {
    const part = file.bytes.subarray(offset, offset + capabilities.writeBytesMax);
    steps.push({ operation: 'writeFile', fid: file.fid, offset, length: part.length, hash: sha256Hex(part) });
  }
  return steps;
}

/** What the finished chip holds, for whoever must compare later without holding the content. */
export function fileDigests(plan: PersonalisationPlan): readonly FileDigest[] {
  return plan.files.map((file) => ({ fid: file.fid, size: file.bytes.length, sha256: sha256Hex(file.bytes) }));
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function nameHash(operation: Operation): string {
  return sha256Hex(utf8(operation));
}

export function sameKeys(a: ChipPublicKeys, b: ChipPublicKeys): boolean {
  return equalBytes(a.activeAuthentication, b.activeAuthentication) && equalBytes(a.chipAuthentication, b.chipAuthentication);
}

export function checkTag(tag: Uint8Array): void {
  if (tag.length < 16 || tag.length > 32) {
    throw new PersonalisationError('PLAN_INVALID', { where: 'binding tag', detail: `${tag.length} bytes, 16 to 32 needed` });
  }
}

function sodLast(files: readonly PlannedFile[]): readonly PlannedFile[] {
  return [...files.filter((file) => file.fid !== EF_SOD), ...files.filter((file) => file.fid === EF_SOD)];
}

function checkFiles(files: readonly PlannedFile[], capabilities: DriverCapabilities): void {
  const seen = new Set<number>();
  for (const { fid, bytes } of files) {
    const where = `EF ${fid.toString(16).toUpperCase().padStart(4, '0')}`;
    if (seen.has(fid)) throw new PersonalisationError('PLAN_INVALID', { where, detail: 'the file is planned twice' });
    if (bytes.length === 0 || bytes.length > capabilities.fileBytesMax) {
      const detail = `${bytes.length} bytes, 1 to ${capabilities.fileBytesMax} possible`;
      throw new PersonalisationError('PLAN_INVALID', { where, detail });
    }
    seen.add(fid);
  }
}
