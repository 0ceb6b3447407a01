import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Command } from 'commander';

import { ApiClient, type ClientOptions } from './client.ts';
import { ask, withClientOptions } from './command.ts';
import { plain, table, type CliIo } from './io.ts';

interface Trace {
  readonly cardId: string;
  readonly state: string;
  readonly batchId: string | null;
  readonly deliveryOffice: string;
  readonly supersedes: string | null;
  readonly supersededBy: string | null;
  readonly serial: string | null;
  readonly chipId: string | null;
  readonly consignmentId: string | null;
  readonly caseId: string | null;
  readonly attempts: { readonly encode: number; readonly print: number; readonly inspect: number };
  readonly history: readonly { readonly at: string; readonly to: string; readonly who: string }[];
}

interface List {
  readonly cards: readonly { readonly cardId: string; readonly state: string; readonly batchId: string | null }[];
  readonly next: string | null;
}

export function registerCards(program: Command, io: CliIo): void {
  const cards = program.command('cards').description('card records and their lives / hồ sơ thẻ');
  withClientOptions(cards.command('show'))
    .argument('<card>')
    .description('one card’s whole life: states with times, blank, chip, attempts, what it supersedes')
    .action((card: string, options: ClientOptions) =>
      ask(io, options, 'operator', { call: (api) => api.get<Trace>(`/v1/cards/${encodeURIComponent(card)}`), show }),
    );
  withClientOptions(cards.command('list'))
    .option('--state <state>', 'only these, e.g. IN_DOUBT')
    .option('--batch <batch>', 'only of this batch')
    .description('card records, oldest first')
    .action(async (options: ClientOptions & { readonly state?: string; readonly batch?: string }) =>
      ask(io, options, 'operator', {
        call: async (api) => {
          const found: List['cards'][number][] = [];
          for (let after: string | undefined; ;) {
            const page = await api.get<List>('/v1/cards', { state: options.state, batchId: options.batch, after, limit: '1000' });
            found.push(...page.cards);
            if (page.next === null) return { cards: found };
            after = page.next;
          }
        },
        show: (answer) =>
          table([['CARD', 'STATE', 'BATCH'], ...answer.cards.map((card) => [card.cardId, card.state, card.batchId ?? '-'])]),
      }),
    );
  withClientOptions(cards.command('birth-certificate'))
    .argument('<card>')
    .option('--out <file>', 'write it here instead of to stdout')
    .description('the plant’s signed statement of how this card was made (compact JWS)')
    .action(async (card: string, options: ClientOptions & { readonly out?: string }) => {
      const api = await ApiClient.open(options, io, 'operator');
      const jws = await api.bytes(`/v1/cards/${encodeURIComponent(card)}/birth-certificate`);
      if (options.out === undefined) io.out(`${Buffer.from(jws).toString('ascii')}\n`);
      else await writeFile(resolve(io.cwd, options.out), jws);
    });
}

function show(card: Trace): string {
  const facts: readonly (readonly [string, string | null])[] = [
    ['card', card.cardId],
    ['state', card.state],
    ['batch', card.batchId],
    ['office', card.deliveryOffice],
    ['blank', card.serial],
    ['chip', card.chipId],
    ['supersedes', card.supersedes],
    ['superseded by', card.supersededBy],
    ['consignment', card.consignmentId],
    ['case', card.caseId],
    ['attempts', `encode ${card.attempts.encode}, print ${card.attempts.print}, inspect ${card.attempts.inspect}`],
  ];
  return (
    table(facts.filter((fact): fact is readonly [string, string] => fact[1] !== null)) +
    '\n' +
    table(card.history.map((step) => [step.at, step.to, plain(step.who)]))
  );
}
