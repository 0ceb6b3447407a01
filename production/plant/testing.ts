import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startPostgres, withClient } from './postgres.ts';
import { startRedis } from './redis.ts';

/** Ready for `new pg.Pool(connection)`. */
export interface TestConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface TestPostgres {
  /** The empty database `cardmint`, owned by a role that is no superuser. */
  readonly connection: TestConnection;
  /** Makes another empty database in the same cluster, much faster than a second cluster. */
  freshDatabase(): Promise<TestConnection>;
  /** Kills the server as a crash would; it is restarted by its supervisor. Resolves when it answers again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestRedis {
  /** Path of the unix socket: `new Redis({ path })`. */
  readonly path: string;
  /** Kills the server as a crash would; resolves when the restarted one answers. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** A real PostgreSQL in a temporary folder, for tests. Not durable: it survives `kill -9`, not a power cut. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const plantDir = await mkdtemp(join(tmpdir(), 'cm-pg-'));
  const { connection: made, service } = await startPostgres({ plantDir }, { durable: false }).catch(async (error: unknown) => {
    await rm(plantDir, { recursive: true, force: true });
    throw error;
  });
  const password = await readFile(made.passwordFile, 'utf8');
  const adminPassword = await readFile(join(plantDir, 'secrets', 'postgres-admin.password'), 'utf8');
  const { host, port, user, database } = made;
  let count = 0;
  return {
    connection: { host, port, user, password, database },
    async freshDatabase() {
      const name = `test_${++count}`;
      await withClient({ host, port, user: 'plant', password: adminPassword, database: 'postgres' }, (client) =>
        client.query(`create database ${name} owner ${user}`),
      );
      return { host, port, user, password, database: name };
    },
    crash: () => crash(service),
    async stop() {
      await service.stop();
      await rm(plantDir, { recursive: true, force: true });
    },
  };
}

/** A real Redis in a temporary folder, for tests. */
export async function startTestRedis(): Promise<TestRedis> {
  const plantDir = await mkdtemp(join(tmpdir(), 'cm-redis-'));
  const { path, service } = await startRedis({ plantDir }).catch(async (error: unknown) => {
    await rm(plantDir, { recursive: true, force: true });
    throw error;
  });
  return {
    path,
    crash: () => crash(service),
    async stop() {
      await service.stop();
      await rm(plantDir, { recursive: true, force: true });
    },
  };
}

async function crash(service: { pid(): number | undefined; isReady(): boolean; whenReady(): Promise<void> }): Promise<void> {
  const pid = service.pid();
  if (pid === undefined) throw new Error('the service is down already');
  process.kill(pid, 'SIGKILL');
  while (service.pid() === pid) await new Promise((resolve) => setTimeout(resolve, 5));
  await service.whenReady();
}
