import { isRefusal } from '#encoder/apdu';
import { equalBytes } from '#encoder/bytes';
import {
  sameFile,
  type CardDriver,
  type ChipKeyAlgorithms,
  type ChipPublicKeys,
  type FileId,
  type TransportKeySets,
} from '#encoder/drivers';
import type { JournalStep, PersonalisationJournal } from './journal.ts';
import { PersonalisationError } from './personalisation-error.ts';
import { BIND_STEP, checkTag, KEYS_STEP, nameHash, REPLACE_STEP, sha256Hex, type PersonalisationPlan, type PlanStep } from './plan.ts';
import { remainingSteps } from './recover.ts';

export interface Personalisation {
  /** Opened by `openChip`, but for that itself. */
  readonly driver: CardDriver;
  readonly journal: PersonalisationJournal;
  /** Called before each intent; whatever it throws stops the run before the command is sent (a lost lease, a hold). */
  readonly beforeEach?: (step: JournalStep) => void | Promise<void>;
}

/**
 * Opens a chip with the keys that it says it has, and where these are its maker's puts the plant's in their place: the first thing that is
 * done to a chip, before anything of the card goes to it (invariant E6). Which set it has, only the chip is asked: a run that was
 * torn inside PUT KEY goes on with whichever it names. The keys are the caller's to destroy, and not needed any more afterwards.
 * Errors: whatever the driver throws, SCP_KEY_VERSION and KEYS_NOT_REPLACED among them.
 */
export async function openChip(run: Personalisation & { readonly keys: TransportKeySets | null }): Promise<void> {
  const { driver, keys } = run;
  const owner = await driver.open(keys);
  if (keys === null || owner !== 'maker') return;
  const step = { sequence: REPLACE_STEP, operation: 'replaceKeys', hash: nameHash('replaceKeys') } as const;
  await journaled(run, step, () => driver.replaceKeys(keys.plant));
}

/**
 * Binds the chip to one card and has it make its keys; in its first run and in every later one. What was done already is not done again. Data for card A never goes to a chip bound to B.
 * Errors: CHIP_BOUND_TO_ANOTHER, and whatever the driver throws.
 */
export async function prepareChip(
  run: Personalisation & { readonly bindingTag: Uint8Array; readonly keys: ChipKeyAlgorithms },
): Promise<ChipPublicKeys> {
  checkTag(run.bindingTag);
  const status = await run.driver.status();
  if (status.bindingTag === null) {
    const step = { sequence: BIND_STEP, operation: 'writeBindingTag', hash: sha256Hex(run.bindingTag) } as const;
    await journaled(run, step, () => run.driver.writeBindingTag(run.bindingTag));
  } else if (!equalBytes(status.bindingTag, run.bindingTag)) {
    throw new PersonalisationError('CHIP_BOUND_TO_ANOTHER');
  }
  if (status.keys !== null && hasAll(status.keys, run.keys)) return status.keys;
  const step = { sequence: KEYS_STEP, operation: 'generateKeys', hash: nameHash('generateKeys') } as const;
  return journaled(run, step, () => run.driver.generateKeys(run.keys));
}

/** A power cut may have come between two keys. */
function hasAll(held: ChipPublicKeys, wanted: ChipKeyAlgorithms): boolean {
  const has = (role: keyof ChipKeyAlgorithms): boolean => wanted[role] === null || held[role] !== null;
  return has('activeAuthentication') && has('chipAuthentication');
}

/**
 * Brings a chip from wherever it is to finished, locked and proven: the same call for the first run and for every resume.
 * Errors: CHIP_BOUND_TO_ANOTHER, CHIP_KEYS_DIFFER, and whatever the driver throws, LOCK_NOT_PROVEN among them.
 */
export async function personalise(run: Personalisation & { readonly plan: PersonalisationPlan }): Promise<{ readonly stepsDone: number }> {
  const status = await run.driver.status();
  if (status.bindingTag === null)
    throw new PersonalisationError('FOREIGN_CHIP', { detail: 'the chip is bound to no card; prepare it first' });
  const steps = remainingSteps(run.plan, status);
  for (const step of steps) await journaled(run, step, () => perform(run.driver, run.plan, step));
  return { stepsDone: steps.length };
}

async function perform(driver: CardDriver, plan: PersonalisationPlan, step: PlanStep): Promise<void> {
  const { offset = 0, length = 0 } = step;
  switch (step.operation) {
    case 'replaceKeys':
      // `openChip` has done it, or nothing of this plan would be asked for.
      throw unplanned();
    case 'writeBindingTag':
      return driver.writeBindingTag(plan.bindingTag);
    case 'generateKeys':
      // DG14 and DG15 are built from keys that the chip said it had: a chip without keys is not that chip.
      throw new PersonalisationError('CHIP_KEYS_DIFFER', { detail: 'the chip has no keys' });
    case 'setAccessSecrets':
      return driver.setAccessSecrets(plan.secrets);
    case 'setTrustPoint':
      if (plan.trustPoint === null) throw unplanned();
      return driver.setTrustPoint(plan.trustPoint);
    case 'createFile':
      return driver.createFile(fileOf(step), length);
    case 'deleteFile':
      return driver.deleteFile(fileOf(step));
    case 'writeFile':
      return driver.writeFile(fileOf(step), offset, contentOf(plan, fileOf(step)).subarray(offset, offset + length));
    case 'lock':
      return driver.lock();
    case 'proveLock':
      return driver.proveLock();
  }
}

function contentOf(plan: PersonalisationPlan, wanted: FileId): Uint8Array {
  const file = plan.files.find((candidate) => sameFile(candidate, wanted));
  if (file === undefined) throw unplanned();
  return file.bytes;
}

function fileOf(step: PlanStep): FileId {
  if (step.file === undefined) throw unplanned();
  return step.file;
}

function unplanned(): PersonalisationError {
  return new PersonalisationError('PLAN_INVALID', { detail: 'a step names what is not planned' });
}

/** Intent on disk, then the command, then its outcome; a failure is recorded as what is known of it. */
async function journaled<T>(run: Personalisation, step: JournalStep, act: () => Promise<T>): Promise<T> {
  const { sequence, operation, hash } = step;
  await run.beforeEach?.({ sequence, operation, hash });
  await run.journal.intend({ sequence, operation, hash });
  let result: T;
  try {
    result = await act();
  } catch (error) {
    if (isRefusal(error)) await run.journal.outcome(sequence, 'refused', error.sw);
    else await run.journal.outcome(sequence, 'unknown');
    throw error;
  }
  await run.journal.outcome(sequence, 'done');
  return result;
}
