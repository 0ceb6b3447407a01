import { execFile } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { Client } from 'pg';

import { type Secret } from '#encoder/bytes';

import { isRoot, makeFolders, secretFile, shortFolder, systemUser, type PlantFolders } from './folders.ts';
import { PlantError } from './plant-error.ts';
import { identify, readIfThere } from './process-identity.ts';
import { logFileOf, supervise, type Supervised, type SupervisorDeps } from './supervisor.ts';

const run = promisify(execFile);

/** What a client needs to reach the database: node-postgres takes a socket's folder as `host`. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Path of a 0600 file with the password and nothing else. */
  readonly passwordFile: string;
}

export interface PlantPostgres {
  readonly connection: PostgresConnection;
  readonly service: Supervised;
}

export interface PostgresOptions {
  /** `false` only for tests: a power cut then loses what was committed. */
  readonly durable?: boolean;
  readonly connectionsMax?: number;
}

/** The owner of Cardmint's database: no superuser, so that no SQL of ours can read files or start programs on the host. */
const OWNER = 'cardmint';
const DATABASE = 'cardmint';
/** The bootstrap superuser, used by the plant alone. */
const ADMIN = 'plant';
/** Only part of the socket's name here: the cluster listens on no TCP port. */
const PORT = 5432;
const READY_DEADLINE_MS = 120_000;

/**
 * Starts a private PostgreSQL cluster under `postgres/` of the plant's folder: unix socket only, SCRAM, UTF-8, fsync on, checksums on.
 * As root it runs as the system user `postgres`, since PostgreSQL refuses to be root.
 * @throws PlantError `PROGRAM_MISSING`, `CLUSTER_VERSION_MISSING`, `PLANT_FOLDER_CLOSED`, `DISK_FULL`, `SERVICE_EXITED`, `SERVICE_NOT_READY`.
 */
export async function startPostgres(deps: SupervisorDeps, options: PostgresOptions = {}): Promise<PlantPostgres> {
  const place = await choosePlace(deps.plantDir);
  const adminPassword = secretFile(join(place.folders.secrets, 'postgres-admin.password'));
  const passwordFile = join(place.folders.secrets, 'postgres.password');
  const password = secretFile(passwordFile);
  const bin = binFolder(place.home);
  if (!existsSync(join(place.home, 'data')))
    await makeCluster(place, bin, adminPassword, options.durable ?? true, logFileOf(place.folders.root, 'postgres'));
  const admin = { host: place.socketDir, port: PORT, user: ADMIN, password: textOf(adminPassword) };
  const service = await supervise(deps, {
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: ['-D', join(place.homeInside, 'data'), ...settings(place, options)],
    ...(place.enter === undefined ? {} : { enter: place.enter }),
    ...(place.user === undefined ? {} : { user: place.user }),
    // PostgreSQL's fast shutdown: sessions are ended, a checkpoint is written.
    stopSignal: 'SIGINT',
    stopDeadlineMs: 30_000,
    readyDeadlineMs: READY_DEADLINE_MS,
    prepare: () => {
      ownedFolder(place.socketDir, place.user);
      removeStaleLocks(place);
      return Promise.resolve();
    },
    probe: () => withClient({ ...admin, database: 'postgres' }, async (client) => void (await client.query('select 1'))),
  });
  try {
    await ensureDatabase(admin, password);
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { service, connection: { host: place.socketDir, port: PORT, user: OWNER, database: DATABASE, passwordFile } };
}

function settings(place: Place, options: PostgresOptions): string[] {
  const durable = options.durable ?? true;
  const values = {
    listen_addresses: '',
    unix_socket_directories: place.socketDir,
    unix_socket_permissions: '0700',
    max_connections: String(options.connectionsMax ?? 200),
    shared_buffers: '64MB',
    fsync: durable ? 'on' : 'off',
    // On in both cases: a server killed between a commit and its write to the kernel must still have it.
    synchronous_commit: 'on',
    full_page_writes: durable ? 'on' : 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The log shows codes, never rows: DETAIL lines and failing statements quote values.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_statement: 'none',
    log_parameter_max_length_on_error: '0',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Where the cluster lives, as which user, and how that user gets there. */
interface Place {
  readonly folders: PlantFolders;
  readonly home: string;
  /** The path of `home` as the server sees it. */
  readonly homeInside: string;
  readonly socketDir: string;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly enter?: readonly string[];
}

async function choosePlace(plantDir: string): Promise<Place> {
  const folders = makeFolders(plantDir);
  const home = join(folders.root, 'postgres');
  if (!isRoot()) {
    ownedFolder(home, undefined);
    return { folders, home, homeInside: home, socketDir: join(folders.run, 'postgres') };
  }
  const user = systemUser('postgres');
  if (user === undefined) throw new PlantError('PROGRAM_MISSING', { where: 'postgres', detail: 'no system user postgres' });
  ownedFolder(home, user);
  if (await reaches(user, [], home)) return { folders, home, homeInside: home, user, socketDir: join(folders.run, 'postgres') };
  // A clone under /root (0700) is closed to `postgres`. The cluster is shown to it at an open path in a mount namespace of its own: a
  // capability to read every file would open the token's folder to it as well.
  const open = makeFolders(plantDir, true);
  const homeInside = join(shortFolder(folders.root), 'home');
  mkdirSync(homeInside, { recursive: true, mode: 0o711 });
  const enter = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    'mount --bind "$1" "$2" && shift 2 && exec "$@"',
    'sh',
    home,
    homeInside,
  ];
  if (!(await reaches(user, enter, homeInside))) throw new PlantError('PLANT_FOLDER_CLOSED', { where: folders.root });
  return { folders: open, home, homeInside, user, enter, socketDir: join(open.run, 'postgres') };
}

async function reaches(user: { uid: number; gid: number }, enter: readonly string[], folder: string): Promise<boolean> {
  const [program, ...args] = [...enter, 'setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', 'test', '-w', folder];
  return run(program, args).then(
    () => true,
    () => false,
  );
}

function ownedFolder(path: string, user: { uid: number; gid: number } | undefined): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/**
 * A server that was killed leaves its lock files, and the next one refuses to start when the pid in them belongs to any process of the
 * same user: after a restart of the machine or container it often does, and a killed server that nobody has reaped yet answers kill(2) as
 * well. We hold the plant's lock and have ended its leftovers, so only a living server counts.
 */
function removeStaleLocks(place: Place): void {
  for (const file of [join(place.home, 'data', 'postmaster.pid'), join(place.socketDir, `.s.PGSQL.${PORT}.lock`)]) {
    const pid = Number((readIfThere(file) ?? '').split('\n')[0]);
    if (!Number.isInteger(pid) || pid === 0) continue;
    const living = identify(pid) !== undefined && readIfThere(`/proc/${pid}/comm`)?.trim() === 'postgres';
    if (!living) rmSync(file, { force: true });
  }
}

/** The programs of the version that made the cluster, or of the newest one installed when there is no cluster yet. */
function binFolder(home: string): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const usable = versions.filter((version) => existsSync(`/usr/lib/postgresql/${version}/bin/initdb`));
  const made = join(home, 'data', 'PG_VERSION');
  if (existsSync(made)) {
    const version = readFileSync(made, 'utf8').trim();
    if (!usable.includes(version)) throw new PlantError('CLUSTER_VERSION_MISSING', { where: 'postgres', detail: `PostgreSQL ${version}` });
    return `/usr/lib/postgresql/${version}/bin`;
  }
  const newest = usable.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new PlantError('PROGRAM_MISSING', { where: 'postgres', detail: '/usr/lib/postgresql/*/bin/initdb' });
  return `/usr/lib/postgresql/${newest}/bin`;
}

/** Makes the cluster beside its final place and renames it when whole: an interrupted initdb leaves nothing that looks like a cluster. */
async function makeCluster(place: Place, bin: string, adminPassword: Secret, durable: boolean, logFile: string): Promise<void> {
  const fresh = join(place.home, 'data.new');
  const passwordFile = join(place.home, 'admin.password');
  rmSync(fresh, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, adminPassword.reveal(), { mode: 0o600, flag: 'wx' });
  if (place.user !== undefined) chownSync(passwordFile, place.user.uid, place.user.gid);
  const drop = place.user === undefined ? [] : ['setpriv', `--reuid=${place.user.uid}`, `--regid=${place.user.gid}`, '--init-groups'];
  const [program = '', ...args] = [
    ...(place.enter ?? []),
    ...drop,
    join(bin, 'initdb'),
    `--pgdata=${join(place.homeInside, 'data.new')}`,
    `--username=${ADMIN}`,
    `--pwfile=${join(place.homeInside, 'admin.password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--data-checksums',
    ...(durable ? [] : ['--no-sync']),
  ];
  try {
    await run(program, args, { cwd: '/', env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C.UTF-8' } });
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    const { stderr = '', code } = error as { stderr?: string; code?: number | string };
    const full = stderr.includes('No space left on device');
    mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
    appendFileSync(logFile, stderr, { mode: 0o600 });
    throw new PlantError(full ? 'DISK_FULL' : 'SERVICE_EXITED', {
      where: 'postgres',
      detail: `initdb: exit ${code ?? '?'}; ${logFile}`,
      cause: error,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(fresh, join(place.home, 'data'));
}

async function ensureDatabase(admin: Login, password: Secret): Promise<void> {
  await withClient({ ...admin, database: 'postgres' }, async (client) => {
    const role = await client.query('select 1 from pg_roles where rolname = $1', [OWNER]);
    // The password is hex made by us (`secretFile`): it needs no quoting. Set each time, so that a lost file heals itself.
    await client.query(`${role.rowCount === 0 ? 'create' : 'alter'} role ${OWNER} login password '${hexOnly(textOf(password))}'`);
    const database = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (database.rowCount === 0) await client.query(`create database ${DATABASE} owner ${OWNER}`);
  });
}

interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Runs `work` over a connection of its own and always closes it. */
export async function withClient<T>(login: Login & { readonly database: string }, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ ...login, connectionTimeoutMillis: 5_000 });
  // A server that goes away while idle is an event, and an event without a listener would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function textOf(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('utf8');
}

function hexOnly(text: string): string {
  if (!/^[0-9a-f]+$/.test(text)) throw new PlantError('PLANT_FOLDER_UNSAFE', { where: 'secrets/postgres.password' });
  return text;
}
