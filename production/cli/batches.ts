import { InvalidArgumentError, type Command } from 'commander';

import type { ClientOptions } from './client.ts';
import { ask, withClientOptions } from './command.ts';
import { table, type CliIo } from './io.ts';

interface Batch {
  readonly batchId: string;
  readonly provinceCode: string;
  readonly state: string;
  readonly contentHash: string;
  readonly approvals: readonly { readonly who: string }[];
  readonly cards: Readonly<Record<string, number>>;
  readonly consignmentId: string | null;
}

interface Created {
  readonly batches: readonly {
    readonly batchId: string;
    readonly provinceCode: string;
    readonly cards: number;
    readonly contentHash: string;
  }[];
}

interface Released {
  readonly batchId: string;
  readonly state: string;
  readonly approvedBy: readonly string[];
}

const whole = (text: string): number => {
  if (!/^[1-9][0-9]{0,4}$/u.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
};

export function registerBatches(program: Command, io: CliIo): void {
  const batches = program.command('batches').description('make, approve, hold and resume batches / lô thẻ');
  withClientOptions(batches.command('create'))
    .option('--province <code>', 'only this province (two digits)')
    .option('--cards <max>', 'at most so many cards a batch', whole)
    .description('one batch a province of the cards that wait, the oldest due dates first')
    .action((options: ClientOptions & { readonly province?: string; readonly cards?: number }) =>
      ask(io, options, 'operator', {
        call: (api) =>
          api.post<Created>('/v1/batches', {
            ...(options.province === undefined ? {} : { provinceCode: options.province }),
            ...(options.cards === undefined ? {} : { cardsMax: options.cards }),
          }),
        show: (answer) =>
          table([
            ['BATCH', 'PROVINCE', 'CARDS', 'CONTENT'],
            ...answer.batches.map((batch) => [batch.batchId, batch.provinceCode, String(batch.cards), batch.contentHash]),
          ]),
      }),
    );
  withClientOptions(batches.command('release'))
    .argument('<batch>')
    .option('--content <hash>', 'the content that you looked at; a batch that has changed since is refused')
    .description('approve a batch; the second, different person’s approval within ten minutes releases it')
    .addHelpText(
      'after',
      '\nExample:\n  cardmint batches release bat-… --as operator-an\n  cardmint batches release bat-… --as operator-binh\n',
    )
    .action((batch: string, options: ClientOptions & { readonly content?: string }) =>
      ask(io, options, 'operator', {
        call: async (api) => {
          const path = `/v1/batches/${encodeURIComponent(batch)}`;
          const contentHash = options.content ?? (await api.get<Batch>(path)).contentHash;
          return await api.post<Released>(`${path}/release`, { contentHash });
        },
        show: (answer) =>
          answer.state === 'RELEASED'
            ? `${answer.batchId} RELEASED by ${answer.approvedBy.join(' and ')} / đã phát lệnh\n`
            : `${answer.batchId} approved by ${answer.approvedBy.join(', ')}; waits for a second person / chờ người thứ hai\n`,
      }),
    );
  for (const [verb, text] of [
    ['hold', 'nothing of the batch begins any more; what has a blank goes on to its end'],
    ['resume', 'go on where the batch was held'],
  ] as const) {
    withClientOptions(batches.command(verb))
      .argument('<batch>')
      .description(text)
      .action((batch: string, options: ClientOptions) =>
        ask(io, options, 'operator', {
          call: (api) => api.post<Batch>(`/v1/batches/${encodeURIComponent(batch)}/${verb}`),
          show: (answer) => show([answer]),
        }),
      );
  }
  withClientOptions(batches.command('list'))
    .description('all batches')
    .action((options: ClientOptions) =>
      ask(io, options, 'operator', { call: (api) => api.get<{ batches: Batch[] }>('/v1/batches'), show: (answer) => show(answer.batches) }),
    );
}

function show(batches: readonly Batch[]): string {
  return table([
    ['BATCH', 'PROVINCE', 'STATE', 'APPROVED BY', 'CARDS', 'CONSIGNMENT'],
    ...batches.map((batch) => [
      batch.batchId,
      batch.provinceCode,
      batch.state,
      batch.approvals.map((approval) => approval.who).join(' ') || '-',
      Object.entries(batch.cards)
        .map(([state, count]) => `${count} ${state}`)
        .join(', '),
      batch.consignmentId ?? '-',
    ]),
  ]);
}
