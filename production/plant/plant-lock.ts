import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { PlantError } from './plant-error.ts';
import { identify, isRunning, parseIdentity, type ProcessIdentity } from './process-identity.ts';

const ATTEMPTS = 20;

/**
 * Takes the plant's folder for this process. A lock whose holder is gone (another start time, another boot) counts for nothing.
 * @returns gives the folder back.
 * @throws PlantError `PLANT_IN_USE` while another process, or this one, holds it.
 */
export function lockPlant(root: string): () => void {
  const path = join(root, 'plant.lock');
  const mine = join(root, `plant.lock.${process.pid}`);
  writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (linked(mine, path)) return () => rmSync(path, { force: true });
      const holder = holderOf(path);
      if (holder !== undefined && isRunning(holder)) throw new PlantError('PLANT_IN_USE', { where: root, detail: `pid ${holder.pid}` });
      removeDead(path, `${mine}.dead`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new PlantError('PLANT_IN_USE', { where: root });
}

/** link(2) either makes the lock or finds one: there is no moment between a look and a write. */
function linked(mine: string, path: string): boolean {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Two may find the same dead lock. rename(2) gives it to one of them, and shows that one what it took: a live lock goes back. */
function removeDead(path: string, dead: string): void {
  try {
    renameSync(path, dead);
    const taken = holderOf(dead);
    if (taken !== undefined && isRunning(taken)) linked(dead, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    rmSync(dead, { force: true });
  }
}

function holderOf(path: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
