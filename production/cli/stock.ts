import type { Command } from 'commander';

import type { ClientOptions } from './client.ts';
import { ask, withClientOptions } from './command.ts';
import { inputFile } from './input-file.ts';
import { plain, type CliIo } from './io.ts';

export interface Balance {
  readonly received: number;
  readonly vault: number;
  readonly line: number;
  readonly good: number;
  readonly spoiled: number;
  readonly destroyed: number;
  readonly balanced: boolean;
  readonly differences: readonly string[];
}

interface Delivered {
  readonly deliveryNote: string;
  readonly blanks: number;
  readonly replayed: boolean;
}

export function registerStock(program: Command, io: CliIo): void {
  const stock = program.command('stock').description('blanks in, and the books / kho phôi');
  withClientOptions(stock.command('receive'))
    .argument('<file>', 'a delivery note: { deliveryNote, supplier, chipFamily, blanks: [{ serial, chipId }] }')
    .description('receive a delivery note of blanks into the vault: all or none')
    .action(async (file: string, options: ClientOptions) => {
      const note = await inputFile(io, file);
      await ask(io, options, 'operator', {
        call: (api) => api.postBytes<Delivered>('/v1/stock/deliveries', note),
        show: (answer) =>
          `${plain(answer.deliveryNote)}: ${answer.blanks} blanks ${answer.replayed ? 'had been received before / đã nhập từ trước' : 'received into the vault / đã nhập kho'}\n`,
      });
    });
  withClientOptions(stock.command('balance'))
    .description('received = vault + line + good + spoiled + destroyed, by count and serial by serial')
    .action((options: ClientOptions) =>
      ask(io, options, 'operator', { call: (api) => api.get<Balance>('/v1/stock/balance'), show: showBalance }),
    );
}

export function showBalance(books: Balance): string {
  const mark = books.balanced ? '✓ balances / sổ cân' : `✗ DOES NOT BALANCE / sổ KHÔNG cân: ${books.differences.map(plain).join(' ')}`;
  return `${books.received} received = ${books.vault} vault + ${books.line} line + ${books.good} good + ${books.spoiled} spoiled + ${books.destroyed} destroyed   ${mark}\n`;
}
