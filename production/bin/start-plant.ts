import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#production/config';
import { createLogger, type Logger } from '#production/logging';
import {
  secretFile,
  startPlant,
  type Plant,
  type PlantConfig,
  type PlantEvent,
  type Seat,
  type Supervised,
  writeWhole,
} from '#production/plant';
import { migrate } from '#production/store';
import type { Place } from '#queues/feeders';
import { furnishPlant } from './furnish-plant.ts';
import { assertPlantMakes } from './plant-profile.ts';
import { processSpec } from './process-spec.ts';
import { openPlantDatabase, readyFile, runningPlantFile, type RunningPlant } from './running-plant.ts';
import { ensureSpecimenKeys } from './specimen-keys.ts';
import type { Hardware } from './virtual-cards.ts';

export interface PlantExtras {
  /** Where the demo's inspector lays down what it read, in clear. No other plant has one. */
  readonly insecureDemoEvidence?: string;
  /** Certificates whose keys sign the provinces' receipts, handed over out of band. DER by province code. */
  readonly provinceCertificates?: ReadonlyMap<string, Uint8Array>;
  /** Only what answers questions: signer, worker and API. No seat, no inspector and no card moves. */
  readonly withoutLine?: boolean;
  readonly onEvent?: (event: PlantEvent) => void;
  /** Called for each minute of the first start's ceremony: it takes seconds. */
  readonly onCeremony?: () => void;
  /** Aborted: the start ends early, with an error, after everything that had been started is stopped. */
  readonly stopping?: AbortSignal;
}

export interface StartedPlant {
  readonly running: RunningPlant;
  readonly plant: Plant;
  /** The processes of ours by name; services are in `plant.processes()`. */
  readonly processes: ReadonlyMap<string, Supervised>;
  stop(): Promise<void>;
}

/**
 * The whole plant on one host: services first, then the schema, then our processes in the order in which they need each
 * other. Nothing is left running when a part does not start.
 */
export async function startWholePlant(config: Config, extras: PlantExtras = {}): Promise<StartedPlant> {
  assertPlantMakes(config.profile, config.tokens === null ? 'specimen' : 'own');
  const events = logged(config.plantDir, extras);
  const plant = await startPlant({ ...servicesOf(config), onEvent: events.onEvent });
  try {
    extras.stopping?.throwIfAborted();
    const running = describePlant(plant, config, extras);
    writeWhole(runningPlantFile(plant.plantDir), JSON.stringify(running, null, 2));
    const db = await openPlantDatabase(running, 'migrate', 2);
    try {
      const applied = await migrate(db);
      if (applied.length > 0) events.log.info({ event: 'migrated', count: applied.length }, 'the schema was brought up to date');
      await furnishPlant(db, config, { running, provinceCertificates: extras.provinceCertificates ?? new Map() });
    } finally {
      await db.destroy();
    }
    const processes = new Map<string, Supervised>();
    const keep = async (name: string): Promise<void> => {
      processes.set(name, await plant.supervise(processSpec(running, { name, script: `${name}.js`, beats: name === 'inspector' })));
    };
    extras.stopping?.throwIfAborted();
    if (config.tokens === null) await ensureSpecimenKeys(running, extras.onCeremony);
    const line = extras.withoutLine !== true;
    extras.stopping?.throwIfAborted();
    await settled([...(line ? [keepVirtualCards(plant, running, processes)] : []), keep('signer')]);
    extras.stopping?.throwIfAborted();
    await settled(['worker', ...(line ? ['line', 'inspector'] : []), 'api'].map((name) => keep(name)));
    extras.stopping?.throwIfAborted();
    return { running, plant, processes, stop: () => plant.stop() };
  } catch (error) {
    await plant.stop();
    throw error;
  }
}

/** Waits for all and throws the first failure: a process that is still starting when another has failed must be known to be stopped. */
async function settled(starts: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(starts)).find((start) => start.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A service that the configuration names is yours; the others are embedded. */
function servicesOf(config: Config): PlantConfig {
  const { postgres, redis, pcscd, tokens } = config;
  return {
    plantDir: config.plantDir,
    readers: config.line.seats,
    ...(postgres === null ? {} : { postgres }),
    ...(redis === null ? {} : { redis }),
    ...(pcscd === null
      ? {}
      : {
          pcscd: { csockName: pcscd.csockName, seats: pcscd.seats.map(({ vpcdPort, ...seat }) => ({ ...seat, port: vpcdPort }) as Seat) },
        }),
    ...(tokens === null ? {} : { tokens }),
  };
}

function logged(plantDir: string, extras: PlantExtras): { readonly log: Logger; readonly onEvent: (event: PlantEvent) => void } {
  const log = createLogger({ process: 'plant', plantDir });
  return {
    log,
    onEvent: (event) => {
      const fields = { event: `service_${event.kind}`, service: event.service };
      if (event.kind === 'exited')
        log.warn({ ...fields, childPid: event.pid, exitCode: event.code, signal: event.signal }, 'a process ended');
      else if (event.kind === 'silent') log.error({ ...fields, childPid: event.pid }, 'a process hangs and is ended');
      else if (event.kind === 'restarting')
        log.warn({ ...fields, detail: event.because, durationMs: event.inMs }, 'a process is started again');
      else log.info({ ...fields, ...('pid' in event ? { childPid: event.pid } : {}) }, 'a process changed its state');
      extras.onEvent?.(event);
    },
  };
}

function describePlant(plant: Plant, config: Config, extras: PlantExtras): RunningPlant {
  const { plantDir } = plant;
  const secretsDir = join(plantDir, 'secrets');
  const sockets = join(plant.socketsDir, 'processes');
  mkdirSync(sockets, { recursive: true, mode: 0o700 });
  const makerMasterFile = join(secretsDir, 'chip-maker-master.key');
  secretFile(makerMasterFile, () => randomBytes(16).toString('hex')).destroy();
  const spoolDir = join(plantDir, 'spool');
  mkdirSync(spoolDir, { recursive: true, mode: 0o700 });
  return {
    plantDir,
    name: config.plantName,
    line: config.line.name,
    leaseSeconds: config.line.leaseSeconds,
    boxCardsMax: config.boxCardsMax,
    outboxHours: config.outboxHours,
    profile: config.profile,
    insecureDemoEvidence: extras.insecureDemoEvidence ?? null,
    apiPort: config.api.port,
    postgres: plant.postgres,
    redis: plant.redis,
    pcscd: { csockName: plant.pcscd.csockName },
    seats: plant.pcscd.seats.map((seat) => ({ place: seat.place as Place, readerName: seat.readerName })),
    feederSocket: join(sockets, 'feeder.sock'),
    signerSocket: join(sockets, 'signer.sock'),
    tokens: plant.tokens,
    makerMasterFile,
    secretsDir,
    spoolDir,
  };
}

async function keepVirtualCards(plant: Plant, running: RunningPlant, processes: Map<string, Supervised>): Promise<void> {
  const folder = join(plant.plantDir, 'virtual-cards');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const hardware: Hardware = {
    folder,
    socket: running.feederSocket,
    seats: plant.pcscd.seats.map(({ place, port }) => ({ place, port })),
    makerMasterFile: running.makerMasterFile,
    readyFile: readyFile(plant.plantDir, 'virtual-cards'),
  };
  mkdirSync(join(plant.plantDir, 'ready'), { recursive: true, mode: 0o700 });
  const file = join(folder, 'hardware.json');
  writeFileSync(file, JSON.stringify(hardware), { mode: 0o600 });
  const enter = plant.pcscd.enterNetwork('', []).filter((word) => word !== '');
  const spec = processSpec(running, { name: 'virtual-cards', script: 'virtual-cards.js', args: [file], enter });
  processes.set('virtual-cards', await plant.supervise(spec));
}
