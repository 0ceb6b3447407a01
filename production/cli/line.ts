import type { Command } from 'commander';

import type { ClientOptions } from './client.ts';
import { ask, withClientOptions } from './command.ts';
import { plain, table, type CliIo } from './io.ts';

interface Line {
  readonly line: string;
  readonly mode: string;
  readonly reason: string | null;
  readonly changedBy: string;
  readonly seats: readonly {
    readonly place: string;
    readonly inService: boolean;
    readonly doing: string;
    readonly cardId: string | null;
    readonly serial: string | null;
  }[];
}

export function registerLine(program: Command, io: CliIo): void {
  const line = program.command('line').description('start, hold and drain the line / dây chuyền');
  for (const [verb, text] of [
    ['start', 'start or resume the line; after a restart of the plant this authorises it again'],
    ['hold', 'hold the line: no new effect begins'],
    ['drain', 'drain the line: what was begun is finished, nothing new begins'],
  ] as const) {
    withClientOptions(line.command(verb))
      .description(text)
      .action((options: ClientOptions) =>
        ask(withRunningPlant(io), options, 'operator', { call: (api) => api.post<Line>(`/v1/line/${verb}`), show }),
      );
  }
  withClientOptions(line.command('show'))
    .description('the line’s mode and what each seat is doing')
    .action((options: ClientOptions) => ask(io, options, 'operator', { call: (api) => api.get<Line>('/v1/line'), show }));

  const seats = program.command('seats').description('take a seat out of service and back / vị trí đầu đọc');
  for (const [verb, route, text] of [
    ['out', 'out-of-service', 'take a seat out of service; the card in it is finished first'],
    ['in', 'into-service', 'put a seat back into service'],
  ] as const) {
    withClientOptions(seats.command(verb))
      .argument('<place>', 'as `cardmint line show` names it: encode:1')
      .description(text)
      .action((place: string, options: ClientOptions) =>
        ask(io, options, 'operator', { call: (api) => api.post<Line>(`/v1/seats/${encodeURIComponent(place)}/${route}`), show }),
      );
  }
}

/** A plant that is brought up for one command has no line to steer: here it has to run already. */
function withRunningPlant(io: CliIo): CliIo {
  const { out, err, interactive, env, cwd } = io;
  return { out, err, interactive, env, cwd };
}

function show(line: Line): string {
  const reason = line.reason === null ? '' : ` (${plain(line.reason)}, ${plain(line.changedBy)})`;
  return (
    `${line.line}  ${line.mode}${reason}\n` +
    table([
      ['SEAT', 'SERVICE', 'DOING', 'CARD', 'BLANK'],
      ...line.seats.map((seat) => [seat.place, seat.inService ? 'in' : 'OUT', plain(seat.doing), seat.cardId ?? '-', seat.serial ?? '-']),
    ])
  );
}
