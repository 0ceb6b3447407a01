import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Printer } from './printer.ts';

/** The head that puts a spooled job on the piece: in the embedded plant the virtual machine's. */
export type PrintHead = (serial: string, faces: { readonly front: Uint8Array; readonly back: Uint8Array }) => Promise<void>;

/**
 * A printer that is a folder: a job appears there whole (`<job id>/front.png`, `back.png`) or not at all, and then the head
 * takes it. File names hold the job id and nothing of a person; the faces are removed once they are on the card.
 */
export function spoolFolder(folder: string, head: PrintHead): Printer {
  return {
    async print(job) {
      const target = join(folder, job.jobId);
      const draft = `${target}.draft`;
      await rm(draft, { recursive: true, force: true });
      await mkdir(draft, { recursive: true, mode: 0o700 });
      await writeSynced(join(draft, 'front.png'), job.front);
      await writeSynced(join(draft, 'back.png'), job.back);
      await rm(target, { recursive: true, force: true });
      await rename(draft, target);
      await head(job.serial, { front: job.front, back: job.back });
      await rm(target, { recursive: true, force: true });
    },
  };
}

/**
 * Throws away what a dead process left in the spool. To be called before the first print of the only process that prints: what
 * became of such a job is looked up on the card's face, and the faces in the spool are personal.
 */
export async function emptySpool(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
