import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliIo } from '#production/cli';
import { chosenConfig } from './default-config.ts';
import { startInterruptibly } from './interruptible-start.ts';
import { startWholePlant } from './start-plant.ts';

export function registerStart(program: Command, io: CliIo): void {
  program
    .command('start')
    .option('--config <file>', 'the configuration (default: CARDMINT_CONFIG, or an embedded plant in var/plant)')
    .description('start the plant and its API, until Ctrl-C / chạy nhà máy và API')
    .addHelpText('after', '\nAfter a restart the line holds until an operator resumes it: `cardmint line start`.\n')
    .action(async (options: { readonly config?: string }) => {
      const config = chosenConfig({ ...options, recovery: 'authorised' });
      io.err(`… Khởi động nhà máy · starting the plant in ${config.plantDir}\n`);
      let ceremony = false;
      await startInterruptibly(
        async (stopping) => ({
          started: await startWholePlant(config, {
            stopping,
            onEvent: (event) => {
              if (event.kind === 'restarting') io.err(`↻ ${event.service}: ${event.because}\n`);
            },
            onCeremony: () => {
              if (!ceremony) io.err('… Lễ tạo khóa của nhà máy mẫu · the specimen plant makes its keys\n');
              ceremony = true;
            },
          }),
        }),
        () => io.err('… Dừng nhà máy · stopping the plant\n'),
      );
      const { url } = JSON.parse(readFileSync(join(config.plantDir, 'run', 'api.json'), 'utf8')) as { url: string };
      io.out(`✓ ${url}   (API: ${url}/docs, token: ${join(config.plantDir, 'secrets', 'tokens')})\n`);
      await new Promise<never>(() => undefined);
    });
}
