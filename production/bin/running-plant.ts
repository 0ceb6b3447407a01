import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlantToken, PostgresConnection, RedisPlace } from '#production/plant';
import { connectSigner, type SignerClient, type SignerClientIdentity } from '#production/signer';
import { openDatabase, systemIds, type DatabaseConnection, type Db, type StoreDeps } from '#production/store';
import { createCardLedger, holdLeases } from '#production/cards';
import type { Place } from '#queues/feeders';
import type { CardLedger } from '#queues/ports';
import { connectQueue } from '#queues/workers';

/**
 * What a process needs to know of the plant that it belongs to: where its parts are and how it is set. Written by whoever
 * started the plant (`start-plant.ts`), read once by every process. Holds paths of secrets, never secrets.
 */
export interface RunningPlant {
  readonly plantDir: string;
  /** The sender's name on manifests. */
  readonly name: string;
  readonly line: string;
  readonly leaseSeconds: number;
  readonly boxCardsMax: number;
  readonly outboxHours: number;
  readonly profile: string;
  /** Where the demo lets the inspector lay down what it read, in clear; null in every other plant. */
  readonly insecureDemoEvidence: string | null;
  readonly apiPort: number;
  readonly postgres: PostgresConnection;
  readonly redis: RedisPlace;
  readonly pcscd: { readonly csockName: string };
  readonly seats: readonly { readonly place: Place; readonly readerName: string }[];
  readonly feederSocket: string;
  readonly signerSocket: string;
  readonly tokens: readonly PlantToken[];
  /** The chip maker's master key; the first ceremony imports it into the token. */
  readonly makerMasterFile: string;
  readonly secretsDir: string;
  readonly spoolDir: string;
}

const FILE = 'running-plant.json';

export function runningPlantFile(plantDir: string): string {
  return join(plantDir, FILE);
}

export function readRunningPlant(plantDir: string): RunningPlant {
  return JSON.parse(readFileSync(runningPlantFile(plantDir), 'utf8')) as RunningPlant;
}

/** The file in which a process says that it is ready; removed before each start. */
export function readyFile(plantDir: string, name: string): string {
  return join(plantDir, 'ready', name);
}

export async function plantConnection(plant: RunningPlant): Promise<DatabaseConnection> {
  const { passwordFile, ...connection } = plant.postgres;
  return { ...connection, password: (await readFile(passwordFile, 'utf8')).trim() };
}

export async function openPlantDatabase(plant: RunningPlant, name: string, connectionsMax: number): Promise<Db> {
  return openDatabase(await plantConnection(plant), { connectionsMax, applicationName: `cardmint-${name}` });
}

export function storeDeps(db: Db): StoreDeps {
  return { db, ids: systemIds };
}

/** A card takes seconds; a station that still holds one after this hangs. */
const HOLD_MS_MAX = 600_000;

/** The card ledger of a station of this plant, which keeps its leases while it works. */
export function stationLedger(store: StoreDeps, plant: Pick<RunningPlant, 'line' | 'leaseSeconds'>): CardLedger {
  const ledger = createCardLedger(store, { line: plant.line, leaseSeconds: plant.leaseSeconds });
  return holdLeases(ledger, { everyMs: (plant.leaseSeconds * 1000) / 3, forMs: HOLD_MS_MAX });
}

export function openQueue(plant: RunningPlant, waits: boolean): ReturnType<typeof connectQueue> {
  const { passwordFile, ...address } = plant.redis;
  return connectQueue(
    { ...address, ...(passwordFile === undefined ? {} : { password: readFileSync(passwordFile, 'utf8').trim() }) },
    waits,
  );
}

export function signerTokenFile(plant: Pick<RunningPlant, 'secretsDir'>, identity: SignerClientIdentity): string {
  return join(plant.secretsDir, `signer-${identity}.token`);
}

export function openSigner(plant: RunningPlant, identity: SignerClientIdentity): SignerClient {
  return connectSigner({ socketPath: plant.signerSocket, tokenFile: signerTokenFile(plant, identity) });
}
