import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * `cardmint demo` as a stranger runs it: the built command in a process of its own, with a plant and results in a temporary
 * folder; and the ways to look at its processes from outside and to kill them.
 */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BUILD_MS_MAX = 300_000;
const POLL_MS = 100;

const run = promisify(execFile);

export interface DemoPlace {
  readonly root: string;
  readonly plantDir: string;
  readonly outDir: string;
  /** Ends whatever is left of the plant and removes everything. */
  remove(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface DemoProcess {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  hasEnded(): boolean;
  /** What it has written so far, both streams. */
  output(): string;
}

/** `dist/` as the sources say; quick when nothing changed. */
export async function buildProduct(): Promise<void> {
  await run(process.execPath, [join(ROOT, '.ci', 'set-up.mjs')], { cwd: ROOT, timeout: BUILD_MS_MAX });
}

export function demoPlace(): DemoPlace {
  const root = mkdtempSync(join(tmpdir(), 'cardmint-e2e-'));
  const place = { root, plantDir: join(root, 'plant'), outDir: join(root, 'out') };
  return {
    ...place,
    async remove() {
      for (let round = 0; round < 50; round += 1) {
        const left = processesOf(place);
        if (left.length === 0) break;
        for (const { pid } of left) killQuietly(pid, 'SIGKILL');
        await sleep(POLL_MS);
      }
      if (process.env['CARDMINT_E2E_KEEP'] !== undefined) return;
      removeSockets(place.plantDir);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A plant whose folder is closed to the user of PostgreSQL keeps its sockets in a short folder beside; one that was killed leaves it there. */
function removeSockets(plantDir: string): void {
  const host = /"host": "([^"]+)"/.exec(readQuietly(join(plantDir, 'running-plant.json')))?.[1];
  const folder = dirname(host ?? '/');
  if (folder.startsWith(join(tmpdir(), 'cardmint-')) && !folder.startsWith(plantDir)) rmSync(folder, { recursive: true, force: true });
}

let runs = 0;

export function startDemo(place: DemoPlace, cards: number | null): DemoProcess {
  const log = join(place.root, `demo-${++runs}.log`);
  const fd = openSync(log, 'a', 0o600);
  const count = cards === null ? [] : ['--cards', String(cards)];
  const args = [join(ROOT, 'dist', 'production', 'bin', 'cardmint.js'), 'demo', ...count, '--plant', place.plantDir, '--out', place.outDir];
  const child: ChildProcess = spawn(process.execPath, args, { cwd: place.root, stdio: ['ignore', fd, fd] });
  closeSync(fd);
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  return { pid: child.pid ?? 0, ended, hasEnded: () => over, output: () => readFileSync(log, 'utf8') };
}

/** Asks again and again; fails when the demo ends before, or at the deadline, with what the demo has said. */
export async function until<T>(demo: DemoProcess, what: string, look: () => Promise<T | null | false>, deadlineMs = 240_000): Promise<T> {
  const limit = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== false) return seen;
    if (demo.hasEnded()) throw new Error(`the demo ended before: ${what}\n${demo.output()}`);
    if (performance.now() > limit) throw new Error(`in vain: ${what}\n${demo.output()}`);
    await sleep(POLL_MS);
  }
}

export interface PlantProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * Every process that belongs to a plant, by any of four marks: the plant's name in its environment, its record, its command
 * line, its working folder. The demo itself is among them while it runs.
 */
export function processesOf(place: Pick<DemoPlace, 'plantDir'>): readonly PlantProcess[] {
  const recorded = new Set(recordedPids(place.plantDir).values());
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    const state = /^State:\s+(\S)/m.exec(readQuietly(`/proc/${name}/status`))?.[1];
    if (state === undefined || state === 'Z' || state === 'X') return [];
    const command = readQuietly(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
    const marked = readQuietly(`/proc/${name}/environ`).split('\0').includes(`CARDMINT_PLANT=${place.plantDir}`);
    const mine = marked || recorded.has(pid) || command.includes(place.plantDir) || folderOf(pid).startsWith(`${place.plantDir}/`);
    return mine ? [{ pid, command }] : [];
  });
}

/** The plant's processes by name (`line`, `seat-encode-1`, `postgres` …) as their records say. */
export function recordedPids(plantDir: string): ReadonlyMap<string, number> {
  const folder = join(plantDir, 'processes');
  const pids = new Map<string, number>();
  for (const file of readFolderQuietly(folder)) {
    const pid = Number(/"pid":(\d+)/.exec(readQuietly(join(folder, file)))?.[1] ?? 0);
    if (pid > 1) pids.set(file.replace(/\.json$/, ''), pid);
  }
  return pids;
}

/** `kill -9` of one process of the plant. @returns its number, null when it is not running just now */
export function killNamed(place: DemoPlace, name: string): number | null {
  const pid = recordedPids(place.plantDir).get(name);
  return pid !== undefined && killQuietly(pid, 'SIGKILL') ? pid : null;
}

/** A process and everything that descends from it, leaves last. */
export function treeOf(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = Number(/^PPid:\s+(\d+)/m.exec(/^\d+$/.test(name) ? readQuietly(`/proc/${name}/status`) : '')?.[1] ?? 0);
    if (parent > 0) parents.set(Number(name), parent);
  }
  const tree = [pid];
  for (const parent of tree) for (const [child, of] of parents) if (of === parent) tree.push(child);
  return tree;
}

export function killQuietly(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

function folderOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readFolderQuietly(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
