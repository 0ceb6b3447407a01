import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { makeFolders, writeWhole } from './folders.ts';
import { startNamespace } from './namespace.ts';
import { askReaders } from './pcscd-protocol.ts';
import { PlantError } from './plant-error.ts';
import { numberedReader, planSeats, readerConf, type ReaderEntry, type Seat, type SeatRole } from './seats.ts';
import { supervise, type Supervised, type SupervisorDeps } from './supervisor.ts';

const run = promisify(execFile);

export interface PlantPcscd {
  /** For the environment of PC/SC clients: `PCSCLITE_CSOCK_NAME`. */
  readonly csockName: string;
  readonly seats: readonly Seat[];
  /** Argv that runs a command where vpcd's ports are: the virtual cards' process needs it, PC/SC clients do not. */
  readonly enterNetwork: (command: string, args: readonly string[]) => readonly string[];
  /** In the order they were started; empty when the pcscd is not ours. */
  readonly services: readonly Supervised[];
}

export const DEFAULT_READERS: Readonly<Record<SeatRole, number>> = Object.freeze({ encode: 4, inspect: 2 });

const DRIVER_FOLDER = '/usr/lib/pcsc/drivers/serial';
/** `pcsclite` opens one context per reader and process, and pcscd a thread for each: its default of 200 runs out at 12 processes. */
const THREADS_MAX = '1000';

/**
 * Starts a pcscd of our own with virtual readers, in a private namespace: a pcscd of the system is neither asked, stopped nor
 * changed. It comes back in the same namespace with the same ports when it dies.
 * @throws PlantError `PROGRAM_MISSING`, `NAMESPACE_REFUSED`, `SERVICE_EXITED`, `SERVICE_NOT_READY`.
 */
export async function startPcscd(deps: SupervisorDeps, counts: Readonly<Record<SeatRole, number>> = DEFAULT_READERS): Promise<PlantPcscd> {
  const { seats, entries } = planSeats(counts);
  const folders = makeFolders(deps.plantDir);
  const ipcDir = join(folders.run, 'pcscd');
  mkdirSync(ipcDir, { recursive: true, mode: 0o700 });
  const confDir = layReaders(join(folders.root, 'pcscd'), entries);
  const csockName = join(ipcDir, 'pcscd.comm');
  const flags = await optionalFlags();
  const namespace = await startNamespace(deps, ipcDir);
  try {
    const service = await supervise(deps, {
      name: 'pcscd',
      command: 'pcscd',
      args: ['--foreground', '--config', confDir, '--max-thread', THREADS_MAX, ...flags],
      enter: namespace.prefix,
      stopSignal: 'SIGTERM',
      stopDeadlineMs: 5_000,
      readyDeadlineMs: 30_000,
      prepare: async () => {
        await namespace.service.whenReady();
        // A pcscd that was killed leaves both, and the next one takes a reused pid for a running pcscd.
        for (const name of ['pcscd.comm', 'pcscd.pid']) rmSync(join(ipcDir, name), { force: true });
      },
      probe: () => checkReaders(csockName, seats),
    });
    return { csockName, seats, enterNetwork: namespace.enter, services: [namespace.service, service] };
  } catch (error) {
    await namespace.service.stop();
    throw error;
  }
}

/**
 * Resolves when a pcscd answers on this socket and has a reader for each seat.
 * @throws PlantError `READERS_ALIKE` when a seat's reader is told from another one by its number alone.
 */
export async function checkReaders(csockName: string, seats: readonly Pick<Seat, 'readerName'>[]): Promise<void> {
  const found = (await askReaders(csockName)).map((reader) => reader.name);
  const wanted = seats.map((seat) => seat.readerName);
  const missing = wanted.filter((name) => !found.includes(name)).length;
  if (missing > 0) throw new Error(`pcscd answers and lacks ${missing} of ${seats.length} readers`);
  const numbered = numberedReader(wanted, found);
  if (numbered !== undefined) throw new PlantError('READERS_ALIKE', { where: numbered });
}

function layReaders(home: string, entries: readonly ReaderEntry[]): string {
  const library = vpcdLibrary();
  const confDir = join(home, 'reader.conf.d');
  const driverDir = join(home, 'drivers');
  for (const folder of [confDir, driverDir]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  for (const entry of entries) copyFileSync(library, join(driverDir, entry.libraryName));
  writeWhole(join(confDir, 'cardmint'), readerConf(entries, driverDir));
  return confDir;
}

function vpcdLibrary(): string {
  const names = existsSync(DRIVER_FOLDER) ? readdirSync(DRIVER_FOLDER) : [];
  const name = names.find((candidate) => candidate.startsWith('libifdvpcd.so'));
  if (name === undefined) throw new PlantError('PROGRAM_MISSING', { where: 'pcscd', detail: `${DRIVER_FOLDER}/libifdvpcd.so` });
  return join(DRIVER_FOLDER, name);
}

/** pcscd 2 asks polkit about its clients; here the folder's mode already says who may come in. 1.9 does not know the option. */
async function optionalFlags(): Promise<string[]> {
  try {
    const { stdout } = await run('pcscd', ['--help'], { env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` } });
    return stdout.includes('--disable-polkit') ? ['--disable-polkit'] : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new PlantError('PROGRAM_MISSING', { where: 'pcscd', detail: 'pcscd', cause: error });
    return [];
  }
}
