import { existsSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ProcessSpec } from '#production/plant';
import { readyFile, type RunningPlant } from './running-plant.ts';

/** libuv's pool: `pcsclite` and `pkcs11js` hold one thread an operation (performance.md §0.2). */
const THREADS = 12;

/** Thirty seconds without one touch in one: no work of ours keeps an event loop that long, on a busy host either. */
const LOOK_MS = 5000;
const SILENT_LOOKS_MAX = 6;

/** How a process of ours is kept: started from `dist/`, ready when it says so, stopped by SIGTERM. */
export function processSpec(
  plant: Pick<RunningPlant, 'plantDir'> & { readonly pcscd?: { readonly csockName: string } },
  what: {
    readonly name: string;
    /** In this folder. */
    readonly script: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly enter?: readonly string[];
    /** It is killed and started again when its event loop stands still: what holds a card must not hang with it. */
    readonly beats?: boolean;
  },
): ProcessSpec {
  const ready = readyFile(plant.plantDir, what.name);
  return {
    name: what.name,
    // `<name>.log` is the process's own structured log; what it prints beside that is a last word or a library's.
    output: `${what.name}.output`,
    command: process.execPath,
    args: ['--disable-proto=delete', fileURLToPath(new URL(what.script, import.meta.url)), ...(what.args ?? [])],
    env: {
      UV_THREADPOOL_SIZE: String(THREADS),
      ...(plant.pcscd === undefined ? {} : { PCSCLITE_CSOCK_NAME: plant.pcscd.csockName }),
      ...what.env,
    },
    ...(what.enter === undefined ? {} : { enter: what.enter }),
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 30_000,
    readyDeadlineMs: 60_000,
    ...(what.beats === true
      ? { heartbeat: { read: async () => (await stat(ready)).mtimeMs, everyMs: LOOK_MS, looksMax: SILENT_LOOKS_MAX } }
      : {}),
    prepare: () => {
      rmSync(ready, { force: true });
      return Promise.resolve();
    },
    probe: () => (existsSync(ready) ? Promise.resolve() : Promise.reject(new Error('not ready'))),
  };
}
