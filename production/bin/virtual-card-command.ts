import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { CliIo } from '#production/cli';
import { VirtualCard, VirtualSlot } from '#encoder/virtual-card';

export function registerVirtualCard(program: Command, io: CliIo): void {
  program
    .command('virtual-card')
    .requiredOption('--image <file>', "a virtual chip's memory, e.g. var/demo/cards/crd-…/virtual-card.image")
    .requiredOption('--port <n>', 'where vpcd waits for a card (35963 is its first slot)', port)
    .description('put a virtual card into a reader of a vpcd on this host, until Ctrl-C / đặt thẻ ảo vào đầu đọc')
    .action(async (options: { readonly image: string; readonly port: number }) => {
      const card = VirtualCard.open(resolve(io.cwd, options.image));
      const slot = new VirtualSlot({ port: options.port });
      await slot.insert(card);
      io.out(`✓ ${card.serial} → 127.0.0.1:${options.port}   (Ctrl-C)\n`);
      await new Promise<void>((done) => {
        process.once('SIGINT', () => done());
        process.once('SIGTERM', () => done());
      });
      await slot.remove();
      await card.close();
    });
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new InvalidArgumentError('a port from 1 to 65535');
  return value;
}
