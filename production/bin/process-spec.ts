import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ProcessSpec } from '#production/plant';
import { readyFile, type RunningPlant } from './running-plant.ts';

/** libuv's pool: `pcsclite` and `pkcs11js` hold one thread an operation (performance.md §0.2). */
const THREADS = 12;

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
    prepare: () => {
      rmSync(ready, { force: true });
      return Promise.resolve();
    },
    probe: () => (existsSync(ready) ? Promise.resolve() : Promise.reject(new Error('not ready'))),
  };
}
