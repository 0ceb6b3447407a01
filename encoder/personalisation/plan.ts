import { createHash } from 'node:crypto';
import { concat, equalBytes, uintBE, utf8 } from '#encoder/bytes';
import {
  nameOfFile,
  sameFile,
  type AccessSecrets,
  type ChipPublicKeys,
  type DriverCapabilities,
  type FileId,
  type TrustPoint,
} from '#encoder/drivers';
import type { FileDigest } from './confirm.ts';
import { PersonalisationError } from './personalisation-error.ts';

export type Operation =
  | 'replaceKeys'
  | 'writeBindingTag'
  | 'generateKeys'
  | 'setAccessSecrets'
  | 'setTrustPoint'
  | 'deleteFile'
  | 'createFile'
  | 'writeFile'
  | 'lock'
  | 'proveLock';

/** An elementary file as the finished chip holds it. */
export interface PlannedFile extends FileId {
  readonly bytes: Uint8Array;
}

/** One effect on the chip: one command, except `replaceKeys`, `generateKeys` and `proveLock`, which are a few. */
export interface PlanStep {
  readonly sequence: number;
  readonly operation: Operation;
  readonly file?: FileId;
  readonly offset?: number;
  readonly length?: number;
  /**
   * SHA-256 in lower-case hex of the plain content that the command carries: the tag, the bytes written, directory, FID
   * and size of a file created. Steps that carry personal secrets or nothing hash their operation's name, since six digits of a CAN behind
   * a plain hash are as good as in clear.
   */
  readonly hash: string;
}

export interface PersonalisationPlan {
  readonly bindingTag: Uint8Array;
  readonly publicKeys: ChipPublicKeys;
  readonly secrets: AccessSecrets;
  readonly trustPoint: TrustPoint | null;
  readonly files: readonly PlannedFile[];
  readonly steps: readonly PlanStep[];
}

export interface PlanInput {
  readonly bindingTag: Uint8Array;
  /** The chip's keys that DG14 and DG15 were built from: a chip that holds others is refused. */
  readonly publicKeys: ChipPublicKeys;
  readonly secrets: AccessSecrets;
  /** For Terminal Authentication; null on a card without it. */
  readonly trustPoint: TrustPoint | null;
  /** In the order in which they are written; EF.SOD is moved to the end. */
  readonly files: readonly PlannedFile[];
}

/** EF.SOD, which vouches for all others and is written last. */
export const EF_SOD: FileId = { directory: 'eMRTD', fid: 0x011d };

/** Sequence numbers of the steps before the plan is known, the same for every card; a chip that comes without keys has no first one. */
export const REPLACE_STEP = 0;
export const BIND_STEP = 1;
export const KEYS_STEP = 2;

/**
 * From the finished files to the ordered commands: the plant's transport keys, binding tag, chip keys, secrets, trust point, files with EF.SOD last, lock, proof.
 * Pure: the same input gives the same steps with the same numbers and hashes.
 * Errors: PLAN_INVALID (a file twice, empty, too large for the chip, in a directory that it does not have or that it does not take, tag not 16 to 32 bytes, a
 * trust point for a chip without Terminal Authentication).
 */
export function planPersonalisation(input: PlanInput, capabilities: DriverCapabilities): PersonalisationPlan {
  checkTag(input.bindingTag);
  const files = sodLast(input.files);
  checkFiles(files, capabilities);
  if (input.trustPoint !== null && !capabilities.terminalAuthentication) {
    throw new PersonalisationError('PLAN_INVALID', { where: 'trust point', detail: 'a chip without Terminal Authentication' });
  }
  const replaces = capabilities.makerKeyVersion !== null;
  const steps: Omit<PlanStep, 'sequence'>[] = [
    ...(replaces ? [{ operation: 'replaceKeys', hash: nameHash('replaceKeys') } as const] : []),
    { operation: 'writeBindingTag', hash: sha256Hex(input.bindingTag) },
    { operation: 'generateKeys', hash: nameHash('generateKeys') },
    { operation: 'setAccessSecrets', hash: nameHash('setAccessSecrets') },
    ...(input.trustPoint === null ? [] : [{ operation: 'setTrustPoint', hash: sha256Hex(input.trustPoint.certificate) } as const]),
    ...files.flatMap((file) => fileSteps(file, capabilities)),
    { operation: 'lock', hash: nameHash('lock') },
    { operation: 'proveLock', hash: nameHash('proveLock') },
  ];
  return { ...input, files, steps: steps.map((step, at) => ({ ...step, sequence: at + (replaces ? REPLACE_STEP : BIND_STEP) })) };
}

/** CREATE FILE and the writes of one file. */
function fileSteps({ directory, fid, bytes }: PlannedFile, { writeBytesMax }: DriverCapabilities): readonly Omit<PlanStep, 'sequence'>[] {
  const file = { directory, fid };
  const place = concat(utf8(directory), uintBE(fid, 2));
  const steps: Omit<PlanStep, 'sequence'>[] = [
    { operation: 'createFile', file, length: bytes.length, hash: sha256Hex(concat(place, uintBE(bytes.length, 2))) },
  ];
  for (let offset = 0; offset < bytes.length; offset += writeBytesMax) {
    const part = bytes.subarray(offset, offset + writeBytesMax);
    steps.push({ operation: 'writeFile', file, offset, length: part.length, hash: sha256Hex(part) });
  }
  return steps;
}

/** What the finished chip holds, for whoever must compare later without holding the content. */
export function fileDigests(plan: PersonalisationPlan): readonly FileDigest[] {
  return plan.files.map(({ directory, fid, bytes }) => ({ directory, fid, size: bytes.length, sha256: sha256Hex(bytes) }));
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function nameHash(operation: Operation): string {
  return sha256Hex(utf8(operation));
}

export function sameKeys(a: ChipPublicKeys, b: ChipPublicKeys): boolean {
  return same(a.activeAuthentication, b.activeAuthentication) && same(a.chipAuthentication, b.chipAuthentication);
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b);
}

export function checkTag(tag: Uint8Array): void {
  if (tag.length < 16 || tag.length > 32) {
    throw new PersonalisationError('PLAN_INVALID', { where: 'binding tag', detail: `${tag.length} bytes, 16 to 32 needed` });
  }
}

function sodLast(files: readonly PlannedFile[]): readonly PlannedFile[] {
  return [...files.filter((file) => !sameFile(file, EF_SOD)), ...files.filter((file) => sameFile(file, EF_SOD))];
}

function checkFiles(files: readonly PlannedFile[], capabilities: DriverCapabilities): void {
  const seen = new Set<string>();
  for (const file of files) {
    const { directory, bytes } = file;
    const where = nameOfFile(file);
    if (!capabilities.directories.includes(directory)) {
      throw new PersonalisationError('PLAN_INVALID', { where, detail: 'the chip takes no files there' });
    }
    if (capabilities.files?.some((one) => sameFile(one, file)) === false) {
      throw new PersonalisationError('PLAN_INVALID', { where, detail: 'the chip does not take this file' });
    }
    if (seen.has(where)) throw new PersonalisationError('PLAN_INVALID', { where, detail: 'the file is planned twice' });
    if (bytes.length === 0 || bytes.length > capabilities.fileBytesMax) {
      const detail = `${bytes.length} bytes, 1 to ${capabilities.fileBytesMax} possible`;
      throw new PersonalisationError('PLAN_INVALID', { where, detail });
    }
    seen.add(where);
  }
}
