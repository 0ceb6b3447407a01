import { CommanderError, type Command } from 'commander';

import { EXIT, showFailure } from './cli-error.ts';
import type { CliIo } from './io.ts';

/**
 * Runs one command line. Every outcome is an exit code of `EXIT`; errors are shown once, in both languages.
 * @param args without `node` and the script
 */
export async function runCommandLine(program: Command, args: readonly string[], io: CliIo): Promise<number> {
  settle(program, io);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has said it already: wrong usage, or help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return showFailure(error, io, args.includes('--json'));
  }
}

/** On every command: sub-commands do not inherit what is set after they were made. */
function settle(command: Command, io: CliIo): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showHelpAfterError('(`--help` shows how / xem `--help`)');
  for (const sub of command.commands) settle(sub, io);
}
