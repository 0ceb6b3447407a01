import type { Command } from 'commander';

import { ApiClient, type ClientOptions } from './client.ts';
import { ask, withClientOptions } from './command.ts';
import { plain, table, type CliIo } from './io.ts';
import { showBalance, type Balance } from './stock.ts';

interface Report {
  readonly orders: Readonly<Record<string, number>>;
  readonly cards: Readonly<Record<string, number>>;
  readonly stock: Balance;
  readonly yield: {
    readonly good: number;
    readonly spoiled: number;
    readonly ratio: number | null;
    readonly byReason: Readonly<Record<string, number>>;
  };
  readonly line: { readonly line: string; readonly mode: string } | null;
  readonly openCases: number;
}

interface Change {
  readonly seq: number;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly subject: string;
}

export function registerReport(program: Command, io: CliIo): void {
  withClientOptions(program.command('report'))
    .description('the plant in numbers: orders, cards by state, yield, and whether the books balance / báo cáo')
    .action((options: ClientOptions) => ask(io, options, 'operator', { call: (api) => api.get<Report>('/v1/report'), show }));
  withClientOptions(program.command('events'))
    .option('--since <seq>', 'repeat what happened after this place in the audit chain first')
    .option('--count <n>', 'end after so many changes')
    .description('follow what happens, until Ctrl-C / theo dõi sự kiện')
    .action(async (options: ClientOptions & { readonly since?: string; readonly count?: string }) => {
      const api = await ApiClient.open(options, io, 'operator');
      const stop = new AbortController();
      const interrupted = (): void => stop.abort();
      process.once('SIGINT', interrupted);
      let left = options.count === undefined ? Number.POSITIVE_INFINITY : Number(options.count);
      try {
        for await (const event of api.events(stop.signal, options.since)) {
          if (event.event !== 'change') continue;
          const change = event.data as Change;
          io.out(
            options.json === true
              ? `${JSON.stringify(change)}\n`
              : `${change.at}  ${plain(change.what).padEnd(22)}  ${plain(change.subject)}  ${plain(change.who)}\n`,
          );
          left--;
          if (left <= 0) break;
        }
      } finally {
        stop.abort();
        process.removeListener('SIGINT', interrupted);
      }
    });
}

function show(report: Report): string {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.keys(of).length === 0 ? '  -\n' : table(Object.entries(of).map(([name, count]) => [`  ${plain(name)}`, String(count)]));
  const { ratio, good, spoiled, byReason } = report.yield;
  const percent = ratio === null ? '-' : `${(ratio * 100).toFixed(1)} %`;
  return [
    `line     ${report.line === null ? '-' : `${report.line.line} ${report.line.mode}`}\n`,
    `stock    ${showBalance(report.stock)}`,
    `yield    ${percent}  (${good} good, ${spoiled} spoiled)\n`,
    Object.keys(byReason).length === 0 ? '' : counts(byReason),
    `cases    ${report.openCases} open\n`,
    'orders\n',
    counts(report.orders),
    'cards\n',
    counts(report.cards),
  ].join('');
}
