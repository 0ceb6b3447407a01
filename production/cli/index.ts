/**
 * The commands of `cardmint` that are clients of the control API: one file a noun. What starts a plant (`start`, `demo`, `bench`, `virtual-card`)
 * is not here; `production/bin/cardmint.ts` registers both kinds. A command holds no rule of the plant: it asks, and shows the answer.
 */
import type { Command } from 'commander';

import { registerBatches } from './batches.ts';
import { registerCards } from './cards.ts';
import { registerLine } from './line.ts';
import { registerOrders } from './orders.ts';
import { registerReport } from './report.ts';
import { registerShipments } from './shipments.ts';
import { registerStock } from './stock.ts';
import type { CliIo } from './io.ts';

export { ApiClient, type ClientOptions } from './client.ts';
export { CliError, EXIT, showFailure } from './cli-error.ts';
export { inputFile } from './input-file.ts';
export { plain, processIo, table, type CliIo } from './io.ts';
export { runCommandLine } from './run.ts';

/** Adds every client command to `program`. */
export function registerClientCommands(program: Command, io: CliIo): void {
  program.addHelpText('after', TEACH);
  for (const register of [registerOrders, registerBatches, registerLine, registerCards, registerStock, registerShipments, registerReport]) {
    register(program, io);
  }
}

const TEACH = `
A day at the plant / Một ngày ở nhà máy:
  cardmint start                                   start the plant and its API; Ctrl-C stops it
  cardmint stock receive note.json                 blanks into the vault
  cardmint orders submit orders.json               orders in; what the lint refuses is shown with its reasons
  cardmint batches create                          one batch a province of the cards that wait
  cardmint batches release bat-… --as operator-an  two different persons approve the same content
  cardmint batches release bat-… --as operator-binh
  cardmint line show                               what each seat is doing
  cardmint report                                  counts, yield, and whether the books balance
  cardmint shipments manifest shp-… --out folder   manifest.json, .p7s, .csv, .pdf for the province

Without any plant / Không cần nhà máy:
  cardmint read --reader NAME --mrz mrz.txt --csca csca.cer   read and verify a card

Without --plant, --url or a configuration a command means the plant in var/plant. When it does not run, it is brought up for
this one command, its line held, and stopped again / nhà máy var/plant được bật tạm cho một lệnh, chuyền không chạy.
Who you are: --as PERSON reads <plant>/secrets/tokens/PERSON.token; --token-file FILE reads another file.
Where results land: manifests in --out; logs in <plant>/logs; the live page is the API's address, its documentation /docs.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the plant, 4 the plant does not answer, 5 not allowed.
`;
