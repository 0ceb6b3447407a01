import { resolve } from 'node:path';
import type { CliIo } from '#production/cli';
import { DEFAULT_PLANT_DIR, defaultConfig } from './default-config.ts';
import { startInterruptibly } from './interruptible-start.ts';
import { startWholePlant } from './start-plant.ts';

export interface PlantVisit {
  /** Starts the default plant without its line; resolves when the API answers. */
  bringUp(): Promise<void>;
  /** Stops it again, if it was brought up. */
  end(): Promise<void>;
}

/**
 * The default plant for the time of one command: services, signer, worker and API. The line is held and has no processes, so that a
 * question about yesterday's cards never moves one of them.
 */
export function visitDefaultPlant(io: CliIo): PlantVisit {
  let leave: (() => Promise<void>) | undefined;
  return {
    async bringUp() {
      io.err('… Nhà máy không chạy, bật tạm cho lệnh này · no plant is running, it is brought up for this command:');
      const config = defaultConfig(resolve(io.cwd, DEFAULT_PLANT_DIR), { recovery: 'authorised', apiPort: 0 });
      try {
        const { started, forget } = await startInterruptibly(async (stopping) => ({
          started: await startWholePlant(config, {
            withoutLine: true,
            stopping,
            onEvent: (event) => {
              if (event.kind === 'ready') io.err(` ${event.service}`);
            },
          }),
        }));
        leave = async () => {
          forget();
          await started.stop();
        };
      } finally {
        io.err('\n');
      }
    },
    async end() {
      if (leave === undefined) return;
      io.err('… Dừng nhà máy · stopping the plant\n');
      await leave();
      leave = undefined;
    },
  };
}
