import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { retirePlant } from '#production/plant';

/** What a demo was asked for; the same again after an unfinished run resumes it. */
export interface DemoArguments {
  /** People to be served, plus the faulty orders. */
  readonly cards: number;
}

interface DemoState {
  readonly arguments: DemoArguments;
  readonly finished: boolean;
}

export interface DemoFolders {
  readonly plantDir: string;
  readonly resultDir: string;
}

const STATE_FILE = 'demo.json';

/**
 * Opens the demo's folders. The same arguments after an unfinished run find everything as it was; after a finished run, or
 * with other arguments, the last plant is kept as `<plantDir>.previous` and both folders begin empty.
 * @returns whether a run is resumed
 */
export async function openDemo(folders: DemoFolders, wanted: DemoArguments): Promise<boolean> {
  const state = readState(folders.plantDir);
  if (state !== null && !state.finished && state.arguments.cards === wanted.cards) return true;
  await retirePlant(folders.plantDir, `${folders.plantDir}.previous`);
  rmSync(folders.resultDir, { recursive: true, force: true });
  mkdirSync(folders.plantDir, { recursive: true });
  mkdirSync(folders.resultDir, { recursive: true });
  writeState(folders.plantDir, { arguments: wanted, finished: false });
  return false;
}

export function finishDemo(folders: DemoFolders, done: DemoArguments): void {
  writeState(folders.plantDir, { arguments: done, finished: true });
}

function readState(plantDir: string): DemoState | null {
  const file = join(plantDir, STATE_FILE);
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DemoState;
  } catch {
    return null;
  }
}

function writeState(plantDir: string, state: DemoState): void {
  const file = join(plantDir, STATE_FILE);
  writeFileSync(`${file}.tmp`, JSON.stringify(state));
  renameSync(`${file}.tmp`, file);
}
