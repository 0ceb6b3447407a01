import { existsSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

import { endLeftovers } from './leftovers.ts';
import { lockPlant } from './plant-lock.ts';

/**
 * Moves a plant's folder out of the way, so that a fresh one can be made in its place: nobody may be using it, and what a
 * dead run left running is ended first. What was at `to` is thrown away.
 * @throws PlantError `PLANT_IN_USE`.
 */
export async function retirePlant(plantDir: string, to: string): Promise<void> {
  const root = resolve(plantDir);
  if (!existsSync(root)) return;
  const unlock = lockPlant(root);
  try {
    await endLeftovers(root);
  } finally {
    unlock();
  }
  rmSync(resolve(to), { recursive: true, force: true });
  renameSync(root, resolve(to));
}
