import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isCodedError } from '#encoder/bytes';
import { createLogger, type Logger } from '#production/logging';
import { named } from './fault.ts';
import { readRunningPlant, readyFile, type RunningPlant } from './running-plant.ts';

export interface Running {
  /** Finishes what is in hand and lets go of everything. */
  stop(): Promise<void>;
}

/** How often the file that says "ready" is touched: whoever keeps the process can tell a frozen event loop from a busy one (`process-spec.ts`). */
const BEAT_MS = 1000;
/** A stop that takes longer than this is an end: what was in hand is found out from the chip and the database. */
const STOP_MS_MAX = 25_000;

/**
 * How every process of a plant lives: it finds its plant (`CARDMINT_PLANT`), starts, says that it is ready; SIGTERM or SIGINT
 * stops it in order; an error that nobody expected ends it, and the supervisor starts it again.
 */
export async function runProcess(name: string, start: (plant: RunningPlant, log: Logger) => Promise<Running>): Promise<void> {
  const plantDir = process.env['CARDMINT_PLANT'];
  if (plantDir === undefined) throw new Error('CARDMINT_PLANT names no plant: processes are started by `cardmint start`');
  const log = createLogger({ process: name, plantDir });
  const ready = readyFile(plantDir, name);
  let ending = false;
  const end = (code: number): never => {
    rmSync(ready, { force: true });
    process.exit(code);
  };
  const fail = (thrown: unknown): void => {
    const error = named(thrown);
    log.fatal({ err: error, event: 'process_failed' }, 'the process ends after an error that nobody expected');
    const told = isCodedError(error)
      ? `${error.code}${[error.where, error.detail].map((part) => (part === undefined ? '' : ` (${part})`)).join('')}: ${error.what.en}; ${error.todo.en} · ${error.what.vi}. ${error.todo.vi}`
      : 'UNEXPECTED, see the log';
    process.stderr.write(`${name}: ${told}\n`);
    end(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const running = await start(readRunningPlant(plantDir), log);
    const stop = (signal: string): void => {
      if (ending) return;
      ending = true;
      log.info({ event: 'process_stopping', signal }, 'the process is asked to stop');
      setTimeout(() => end(1), STOP_MS_MAX).unref();
      running.stop().then(() => end(0), fail);
    };
    process.on('SIGTERM', () => stop('SIGTERM'));
    process.on('SIGINT', () => stop('SIGINT'));
    mkdirSync(dirname(ready), { recursive: true, mode: 0o700 });
    writeFileSync(ready, String(process.pid), { mode: 0o600 });
    setInterval(() => touch(ready), BEAT_MS).unref();
    log.info({ event: 'process_ready' }, 'the process is ready');
  } catch (error) {
    fail(error);
  }
}

function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // The file is gone: we are ending, or somebody has emptied the folder and will find us silent.
  }
}
