import cliProgress from 'cli-progress';
import { Option, type Command } from 'commander';

import { ApiClient, type ClientOptions } from './client.ts';
import { ask, withClientOptions } from './command.ts';
import { inputFile } from './input-file.ts';
import { plain, table, type CliIo } from './io.ts';

interface Order {
  readonly orderId: string;
  readonly orderKey: string;
  readonly state: string;
  readonly dueDate: string;
  readonly deliveryOffice: string;
  readonly findings: readonly {
    readonly code: string;
    readonly refuses: boolean;
    readonly field: string | null;
    readonly vi: string;
    readonly en: string;
  }[];
  readonly cards: readonly { readonly cardId: string; readonly state: string }[];
}

interface Taken {
  readonly orders: readonly { readonly orderId: string; readonly orderKey: string; readonly replayed: boolean }[];
}

/** The lint of one order takes a fraction of a second; beyond this without any progress the worker is down. */
const QUIET_MS_MAX = 60_000;

export function registerOrders(program: Command, io: CliIo): void {
  const orders = program.command('orders').description('orders in, and what became of them / đơn đặt thẻ');
  withClientOptions(orders.command('submit'))
    .argument('<file>', 'an order file, cardmint-orders/1')
    .option('--no-wait', 'do not wait for the lint')
    .description('hand in an order file: all of it or none; then wait for the lint and show what it refuses')
    .addHelpText(
      'after',
      '\nExample:\n  cardmint orders submit orders.json\nThe same file again is answered as before and makes nothing twice.\n',
    )
    .action(async (file: string, options: ClientOptions & { readonly wait: boolean }) => {
      const api = await ApiClient.open(options, io, 'registry');
      const bytes = await inputFile(io, file);
      const taken = await api.postBytes<Taken>('/v1/orders', bytes);
      const linted = options.wait ? await waitForLint(api, taken, io) : [];
      io.out(options.json === true ? `${JSON.stringify({ ...taken, linted }, null, 2)}\n` : showTaken(taken, linted));
    });
  withClientOptions(orders.command('show'))
    .argument('<order>', 'the id that its sender gave it')
    .description('one order, with what the lint found and the cards made for it')
    .action((order: string, options: ClientOptions) =>
      ask(io, options, 'registry', { call: (api) => api.get<Order>(`/v1/orders/${encodeURIComponent(order)}`), show: showOrder }),
    );
  withClientOptions(orders.command('list'))
    .addOption(new Option('--state <state>', 'only these').choices(['ORDERED', 'REFUSED', 'LINTED', 'CANCELLED']))
    .description('orders as they came in')
    .action((options: ClientOptions & { readonly state?: string }) =>
      ask(io, options, 'registry', {
        call: (api) => api.get<{ orders: Order[] }>('/v1/orders', { limit: '1000', state: options.state }),
        show: (answer) =>
          table([
            ['ORDER', 'STATE', 'DUE', 'OFFICE', 'CARDS'],
            ...answer.orders.map((order) => [
              plain(order.orderId),
              order.state,
              order.dueDate,
              order.deliveryOffice,
              order.cards.map((card) => card.state).join(' '),
            ]),
          ]),
      }),
    );
}

async function waitForLint(api: ApiClient, taken: Taken, io: CliIo): Promise<readonly Order[]> {
  const waiting = new Set(taken.orders.map((order) => order.orderId));
  const done: Order[] = [];
  const bar = new cliProgress.SingleBar(
    { format: '  lint {bar} {value}/{total}  {duration_formatted}', stream: process.stderr, hideCursor: true, noTTYOutput: false },
    cliProgress.Presets.shades_classic,
  );
  if (io.interactive) bar.start(waiting.size, 0);
  try {
    for (let quietSince = Date.now(); waiting.size > 0 && Date.now() - quietSince < QUIET_MS_MAX;) {
      for (const orderId of waiting) {
        const order = await api.get<Order>(`/v1/orders/${encodeURIComponent(orderId)}`);
        // Orders are linted about in the order of intake: when one is not done, those behind it are asked later.
        if (order.state === 'ORDERED') break;
        waiting.delete(orderId);
        done.push(order);
        quietSince = Date.now();
        if (io.interactive) bar.update(done.length);
      }
      if (waiting.size > 0) await new Promise((wake) => setTimeout(wake, 300));
    }
  } finally {
    if (io.interactive) bar.stop();
  }
  return done;
}

function showTaken(taken: Taken, linted: readonly Order[]): string {
  const again = taken.orders.filter((order) => order.replayed).length;
  const refused = linted.filter((order) => order.state === 'REFUSED');
  const lines = [`${taken.orders.length} orders taken in${again > 0 ? ` (${again} of them were known already)` : ''} / đơn đã nhận\n`];
  if (linted.length > 0) lines.push(`${linted.length - refused.length} passed the lint, ${refused.length} refused / đạt, bị trả lại\n`);
  const open = taken.orders.length - linted.length;
  if (linted.length > 0 && open > 0) lines.push(`${open} still wait for the lint / còn chờ kiểm tra\n`);
  return lines.join('') + refused.map(showOrder).join('');
}

function showOrder(order: Order): string {
  const findings = order.findings.map(
    (finding) =>
      `  ${finding.refuses ? '✗' : '·'} ${finding.code}${finding.field === null ? '' : ` (${plain(finding.field)})`}\n      ${plain(finding.vi)}\n      ${plain(finding.en)}\n`,
  );
  const cards = order.cards.map((card) => `  ${card.cardId}  ${card.state}\n`);
  return `${plain(order.orderId)}  ${order.state}  due ${order.dueDate}  ${order.deliveryOffice}\n${findings.join('')}${cards.join('')}`;
}
