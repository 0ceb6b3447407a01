#!/usr/bin/env node
/** `cardmint`: the plant's commands from one entry. What a command does is in `production/cli`; what starts a plant is beside this file. */
import { Command } from 'commander';

import { processIo, registerClientCommands, runCommandLine } from '#production/cli';
import { registerBench } from './bench-command.ts';
import { registerDemo } from './demo-command.ts';
import { registerStart } from './start-command.ts';
import { registerVirtualCard } from './virtual-card-command.ts';

const io = processIo();
const program = new Command('cardmint')
  .description(
    'Turns approved citizen records into finished chip ID cards, and proves what became of every blank.\nSản xuất thẻ căn cước gắn chip và chứng minh đường đi của từng phôi.',
  )
  .helpCommand(true);
registerStart(program, io);
registerDemo(program, io);
registerBench(program, io);
registerVirtualCard(program, io);
registerClientCommands(program, io);
process.exitCode = await runCommandLine(program, process.argv.slice(2), io);
