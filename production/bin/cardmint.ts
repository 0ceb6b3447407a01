#!/usr/bin/env node
/** `cardmint`: the plant's commands from one entry. What a command does is in `production/cli`; what starts a plant is beside this file. */
import { Command } from 'commander';

import { processIo, registerClientCommands, runCommandLine, type CliIo } from '#production/cli';
import { loadConfig } from '#production/config';
import { registerBench } from './bench-command.ts';
import { registerCeremony } from './ceremony-command.ts';
import { registerCustodian } from './custodian-command.ts';
import { registerDemo } from './demo-command.ts';
import { registerEncode } from './encode-command.ts';
import { registerPki } from './pki-command.ts';
import { registerRead } from './read-command.ts';
import { registerSpecimenOrder } from './specimen-order-command.ts';
import { registerStart } from './start-command.ts';
import { registerVirtualCard } from './virtual-card-command.ts';
import { visitDefaultPlant } from './visit-plant.ts';

const io = processIo();
const program = new Command('cardmint')
  .description(
    'Turns approved citizen records into finished chip ID cards, and proves what became of every blank.\nSản xuất thẻ căn cước gắn chip và chứng minh đường đi của từng phôi.',
  )
  .helpCommand(true);
registerStart(program, io);
registerDemo(program, io);
registerBench(program, io);
registerPki(program, io);
registerVirtualCard(program, io);
registerRead(program, io);
registerEncode(program, io);
registerSpecimenOrder(program, io);
registerCustodian(program, io);
registerCeremony(program, io);
const visit = visitDefaultPlant(io);
const configured = io.env['CARDMINT_CONFIG'] !== undefined;
registerClientCommands(program, configured ? { ...io, env: withConfiguredPlant(io.env) } : { ...io, bringUpPlant: () => visit.bringUp() });
try {
  process.exitCode = await runCommandLine(program, process.argv.slice(2), io);
} finally {
  await visit.end();
}

/** A configuration that is exported names the plant of the client commands too. */
function withConfiguredPlant(env: CliIo['env']): CliIo['env'] {
  if (env['CARDMINT_PLANT'] !== undefined) return env;
  try {
    return { ...env, CARDMINT_PLANT: loadConfig({ env }).plantDir };
  } catch {
    // `cardmint start` says what is wrong with it; a client may still be told --plant or --url.
    return env;
  }
}
