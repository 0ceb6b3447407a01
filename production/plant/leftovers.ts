import { readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

import { identify, isRunning, parseIdentity, readIfThere, type ProcessIdentity } from './process-identity.ts';
import { endForeign, PLANT_VARIABLE } from './supervisor.ts';

const END_DEADLINE_MS = 15_000;

/**
 * Ends every process that an earlier run of this plant left behind, and waits until it is gone. Only for the holder of the plant's lock.
 *
 * Three marks, since each alone has a gap: the record written at its start (not there when we were killed in that moment), the plant's
 * folder in its environment (PostgreSQL and Redis write their titles over it), and a server's working folder inside the plant.
 */
export async function endLeftovers(root: string): Promise<number> {
  const found = leftovers(root);
  await Promise.all(found.map((one) => endForeign(one, END_DEADLINE_MS, nameOf(one.pid) === 'postgres' ? 'SIGINT' : 'SIGTERM')));
  return found.length;
}

/** The processes of this plant that are running now, except this one and those that it descends from. */
export function leftovers(root: string): ProcessIdentity[] {
  const spared = ancestors();
  const found = new Map<number, ProcessIdentity>();
  for (const identity of recorded(root)) if (isRunning(identity)) found.set(identity.pid, identity);
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || !(carriesMark(pid, root) || servesInside(pid, root))) continue;
    const identity = identify(pid);
    if (identity !== undefined) found.set(pid, identity);
  }
  return [...found.values()].filter((identity) => !spared.has(identity.pid));
}

function recorded(root: string): ProcessIdentity[] {
  const folder = join(root, 'processes');
  try {
    return readdirSync(folder).flatMap((name) => parseIdentity(readIfThere(join(folder, name)) ?? '') ?? []);
  } catch {
    return [];
  }
}

function carriesMark(pid: number, root: string): boolean {
  return (readIfThere(`/proc/${pid}/environ`) ?? '').split('\0').includes(`${PLANT_VARIABLE}=${root}`);
}

function servesInside(pid: number, root: string): boolean {
  const name = nameOf(pid);
  if (name !== 'postgres' && name !== 'redis-server') return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${root}/`);
  } catch {
    return false;
  }
}

function nameOf(pid: number): string | undefined {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return undefined;
  }
}

function ancestors(): Set<number> {
  const spared = new Set<number>([process.pid]);
  let pid = process.ppid;
  while (pid > 1 && !spared.has(pid)) {
    spared.add(pid);
    pid = Number(/^PPid:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
  }
  return spared;
}
