import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { Secret } from '#encoder/bytes';

import { PlantError } from './plant-error.ts';

/** Where a plant keeps things. All of it is under `root`, except `run` when `root` is too long a path for a unix socket. */
export interface PlantFolders {
  readonly root: string;
  /** PINs and passwords: 0700, files 0600. */
  readonly secrets: string;
  /** Unix sockets, one folder a service. */
  readonly run: string;
}

/** unix(7): `sun_path` holds 108 bytes, the last one zero. */
const SOCKET_PATH_MAX_BYTES = 107;
/** Room for `/postgres/.s.PGSQL.5432.lock`, the longest name under `run`. */
const SOCKET_NAME_BYTES = 32;

/**
 * Makes the plant's folders. As root they can be passed through (0711) by the user that PostgreSQL runs as, and read by nobody else;
 * as an ordinary user they are 0700.
 * @param shortRun keeps the sockets in a short folder of the system's temporary directory even when the plant's path would do.
 * @throws PlantError `PLANT_FOLDER_UNSAFE` when the short folder was made by somebody else.
 */
export function makeFolders(plantDir: string, shortRun = false): PlantFolders {
  const mode = isRoot() ? 0o711 : 0o700;
  mkdirSync(resolve(plantDir), { recursive: true, mode });
  // A plant may hang on a link to a larger disk. Under one name for it, a second run sees what the first one left.
  const root = realpathSync(resolve(plantDir));
  makeOwnFolder(root, mode);
  const secrets = join(root, 'secrets');
  makeOwnFolder(secrets, 0o700);
  const long = Buffer.byteLength(join(root, 'run')) + SOCKET_NAME_BYTES > SOCKET_PATH_MAX_BYTES;
  const run = long || shortRun ? shortFolder(root) : join(root, 'run');
  makeOwnFolder(run, mode);
  return { root, secrets, run };
}

/** The folder for the sockets of a plant whose own path is too long, or closed to the user of PostgreSQL. */
export function shortFolder(root: string): string {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join(tmpdir(), `cardmint-${process.getuid?.() ?? 0}-${name}`);
}

/** Removes the short folder when a plant stops: only what is empty, so that nothing that somebody still uses can be lost. */
export function removeShortFolder(root: string): void {
  const short = shortFolder(root);
  try {
    for (const name of readdirSync(short)) rmdirSync(join(short, name));
    rmdirSync(short);
  } catch {
    // It is not there, or in use.
  }
}

/** Makes a folder, or takes one that is there if it is ours and no link: in /tmp anybody may have been first. */
export function makeOwnFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new PlantError('PLANT_FOLDER_UNSAFE', { where: path });
  if ((found.mode & 0o777) !== mode) chmodSync(path, mode);
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Reads a secret file, or makes it with 256 random bits as hex: whole or not at all, and readable by us alone. */
export function secretFile(path: string, make: () => string = () => randomBytes(32).toString('hex')): Secret {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > 0) return new Secret(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeWhole(path, make());
  return new Secret(readFileSync(path));
}

/** Writes a file so that a crash leaves the old one or the new one. */
export function writeWhole(path: string, text: string): void {
  const fresh = `${path}.new`;
  const fd = openSync(fresh, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, path);
}

/** The numbers of a system user; `undefined` when there is no such user. */
export function systemUser(name: string): { uid: number; gid: number } | undefined {
  try {
    const number = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: number('-u'), gid: number('-g') };
  } catch {
    return undefined;
  }
}
