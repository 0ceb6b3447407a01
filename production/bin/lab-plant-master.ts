import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCodedError, type Secret } from '#encoder/bytes';
import { LabError } from './lab-error.ts';
import { transportMasterIn } from './lab-maker.ts';

/** 32 hex digits. */
export const LAB_PLANT_MASTER = 'plant-master.hex';

/**
 * What stands in a lab for the plant's master key: the keys that it puts into chips in the place of their maker's. Made the first time, whole or
 * not at all; a chip that has its keys opens to this folder alone. The caller destroys it. Errors: LAB_KEYS_DAMAGED.
 */
export function labPlantMaster(lab: string): Secret {
  const path = join(lab, LAB_PLANT_MASTER);
  if (!existsSync(path)) make(path);
  try {
    return transportMasterIn(path);
  } catch (cause) {
    throw isCodedError(cause) ? new LabError('LAB_KEYS_DAMAGED', { where: path, cause }) : cause;
  }
}

function make(path: string): void {
  const draft = `${path}.${randomBytes(4).toString('hex')}.draft`;
  const key = randomBytes(16);
  try {
    writeFileSync(draft, `${key.toString('hex')}\n`, { mode: 0o600, flush: true });
    linkSync(draft, path);
  } catch (error) {
    // Another command was first: theirs it is.
    if (!existsSync(path)) throw error;
  } finally {
    key.fill(0);
    rmSync(draft, { force: true });
  }
}
