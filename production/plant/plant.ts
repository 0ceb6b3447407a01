import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';

import { makeFolders, removeShortFolder } from './folders.ts';
import { endLeftovers } from './leftovers.ts';
import { checkReaders, DEFAULT_READERS, startPcscd } from './pcscd.ts';
import { PlantError } from './plant-error.ts';
import { lockPlant } from './plant-lock.ts';
import { startPostgres, withClient, type PostgresConnection } from './postgres.ts';
import { pingRedis, startRedis, type RedisPlace } from './redis.ts';
import { type Seat, type SeatRole } from './seats.ts';
import { ensureLineTokens, type PlantToken } from './softhsm.ts';
import { PLANT_VARIABLE, supervise, type PlantEvent, type ProcessSpec, type Supervised, type SupervisorDeps } from './supervisor.ts';

/** Which folder a plant lives in, and which services are yours. A service that you name is only asked whether it answers. */
export interface PlantConfig {
  readonly plantDir: string;
  /** How many virtual readers, at most 16 with each role rounded up to an even number. Default: 4 to encode, 2 to inspect. */
  readonly readers?: Readonly<Record<SeatRole, number>>;
  readonly postgres?: PostgresConnection;
  readonly redis?: RedisPlace;
  readonly pcscd?: PcscdPlace;
  readonly tokens?: readonly PlantToken[];
  readonly onEvent?: (event: PlantEvent) => void;
}

/** A running pcscd and the readers in it that are Cardmint's to use. */
export interface PcscdPlace {
  readonly csockName: string;
  readonly seats: readonly Seat[];
}

export interface Plant {
  readonly plantDir: string;
  /** For unix sockets: short enough for a socket's path, closed to others. */
  readonly socketsDir: string;
  readonly postgres: PostgresConnection;
  readonly redis: RedisPlace;
  readonly pcscd: PcscdPlace & {
    /** Argv that runs a command where the virtual readers' ports are. The command itself when the pcscd is yours. */
    readonly enterNetwork: (command: string, args: readonly string[]) => readonly string[];
  };
  /** Line tokens. Whoever loads a token's library must have its `conf` in the environment. */
  readonly tokens: readonly PlantToken[];
  /** For the environment of every process of this plant: PC/SC clients find their service by it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Keeps one more process running as part of the plant; it is stopped before everything that was started earlier. */
  readonly supervise: (spec: ProcessSpec) => Promise<Supervised>;
  /** The processes kept running, in the order they were started. */
  readonly processes: () => readonly Supervised[];
  /** Stops everything in reverse order and gives the folder back. Safe to call twice, and while processes are restarting. */
  readonly stop: () => Promise<void>;
}

/** What PostgreSQL needs at the least for a fresh cluster and its first log segments. */
const FREE_BYTES_MIN = 128 * 1024 * 1024;

/**
 * Starts the services that the configuration does not name, checks those that it names, and resolves when every one of them answers.
 * Nothing stays running when it fails.
 * @throws PlantError `PLANT_IN_USE`, `DEPENDENCY_UNAVAILABLE`, `READERS_ALIKE`, `DISK_FULL` and what each service throws.
 */
export async function startPlant(config: PlantConfig): Promise<Plant> {
  const folders = makeFolders(config.plantDir);
  const unlock = lockPlant(folders.root);
  const kept: Supervised[] = [];
  const stopAll = async (): Promise<void> => {
    for (const service of kept.toReversed()) await service.stop();
    removeShortFolder(folders.root);
  };
  try {
    await endLeftovers(folders.root);
    refuseFullDisk(folders.root);
    const deps: SupervisorDeps = { plantDir: folders.root, ...(config.onEvent === undefined ? {} : { onEvent: config.onEvent }) };
    const [postgres, redis, pcscd, tokens] = await allOrNone([
      postgresOf(config, deps, kept),
      redisOf(config, deps, kept),
      pcscdOf(config, deps, kept),
      tokensOf(config),
    ]);
    const environment = { [PLANT_VARIABLE]: folders.root, PCSCLITE_CSOCK_NAME: pcscd.csockName };
    let stopping: Promise<void> | undefined;
    return {
      plantDir: folders.root,
      socketsDir: folders.run,
      postgres,
      redis,
      pcscd,
      tokens,
      environment,
      supervise: async (spec) => {
        const service = await supervise(deps, { ...spec, env: { ...environment, ...spec.env } });
        kept.push(service);
        return service;
      },
      processes: () => [...kept],
      stop: () => (stopping ??= stopAll().finally(unlock)),
    };
  } catch (error) {
    await stopAll();
    unlock();
    throw error;
  }
}

/** Waits for all, so that what has been started is known, and throws the first failure. */
async function allOrNone<T extends readonly unknown[]>(work: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return Promise.all(work) as Promise<unknown> as Promise<T>;
}

async function postgresOf(config: PlantConfig, deps: SupervisorDeps, kept: Supervised[]): Promise<PostgresConnection> {
  const yours = config.postgres;
  if (yours === undefined) {
    const { connection, service } = await startPostgres(deps);
    kept.push(service);
    return connection;
  }
  await answers('postgres', yours.host, async () => {
    const password = readFileSync(yours.passwordFile, 'utf8').trim();
    await withClient({ ...yours, password }, (client) => client.query('select 1'));
  });
  return yours;
}

async function redisOf(config: PlantConfig, deps: SupervisorDeps, kept: Supervised[]): Promise<RedisPlace> {
  const yours = config.redis;
  if (yours === undefined) {
    const { path, service } = await startRedis(deps);
    kept.push(service);
    return { path };
  }
  await answers('redis', 'path' in yours ? yours.path : `${yours.host}:${yours.port}`, () => pingRedis(yours));
  return yours;
}

async function pcscdOf(config: PlantConfig, deps: SupervisorDeps, kept: Supervised[]): Promise<Plant['pcscd']> {
  const yours = config.pcscd;
  if (yours === undefined) {
    const { csockName, seats, enterNetwork, services } = await startPcscd(deps, config.readers ?? DEFAULT_READERS);
    kept.push(...services);
    return { csockName, seats, enterNetwork };
  }
  await answers('pcscd', yours.csockName, () => checkReaders(yours.csockName, yours.seats));
  return { ...yours, enterNetwork: (command, args) => [command, ...args] };
}

async function tokensOf(config: PlantConfig): Promise<readonly PlantToken[]> {
  const yours = config.tokens;
  if (yours === undefined) return ensureLineTokens(config.plantDir);
  // Whether they open is for the signer to find out: nobody else loads a PKCS#11 library that may have sessions to lose.
  for (const token of yours) {
    await answers('token', token.module, () => {
      for (const path of [token.module, token.pinFile]) accessSync(path, constants.R_OK);
      return Promise.resolve();
    });
  }
  return yours;
}

async function answers(service: string, where: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (cause) {
    if (cause instanceof PlantError) throw cause;
    throw new PlantError('DEPENDENCY_UNAVAILABLE', { where: service, detail: where, cause });
  }
}

function refuseFullDisk(root: string): void {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  if (free < FREE_BYTES_MIN) {
    throw new PlantError('DISK_FULL', { where: root, detail: `${free >> 20} MiB free, ${FREE_BYTES_MIN >> 20} MiB needed` });
  }
}
