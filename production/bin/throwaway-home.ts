import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CliIo } from '#production/cli';
import { stopOnSignal } from '#production/plant';

/** A folder under `var/` for one measurement or rehearsal, and what is started in it. */
export interface ThrowawayHome {
  readonly folder: string;
  /** To be done before the folder goes, the last one first. */
  readonly atEnd: (end: () => Promise<void>) => void;
}

/** Ends what was started and removes the folder, however `work` ends: done, failed, or stopped by Ctrl-C. */
export async function inThrowawayHome<T>(io: Pick<CliIo, 'cwd'>, work: (home: ThrowawayHome) => Promise<T>): Promise<T> {
  mkdirSync(resolve(io.cwd, 'var'), { recursive: true });
  const folder = mkdtempSync(join(resolve(io.cwd, 'var'), 'throwaway-'));
  const ends: (() => Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (let next = ends.pop(); next !== undefined; next = ends.pop()) await next().catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  };
  const forget = stopOnSignal(end);
  try {
    return await work({ folder, atEnd: (next) => void ends.push(next) });
  } finally {
    await end();
    forget();
  }
}
