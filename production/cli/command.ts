import type { Command } from 'commander';

import { ApiClient, type ClientOptions } from './client.ts';
import type { CliIo } from './io.ts';

/** The options of every client command, on the command itself so that `--help` of it shows them. */
export function withClientOptions(command: Command): Command {
  return command
    .option('--plant <folder>', 'the plant (default var/plant)')
    .option('--url <address>', 'the API, when it is not the one of --plant')
    .option('--as <person>', 'whose token to use: <plant>/secrets/tokens/<person>.token')
    .option('--token-file <file>', 'another token file')
    .option('--json', 'answer as JSON, for scripts');
}

/** Opens the API as somebody of `role` unless the options say otherwise, and shows the answer as JSON or as `show` does. */
export async function ask<T>(
  io: CliIo,
  options: ClientOptions,
  role: string,
  how: { readonly call: (api: ApiClient) => Promise<T>; readonly show: (answer: T) => string },
): Promise<void> {
  const api = await ApiClient.open(options, io, role);
  const answer = await how.call(api);
  io.out(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : how.show(answer));
}
