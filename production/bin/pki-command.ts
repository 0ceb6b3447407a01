import { InvalidArgumentError, type Command } from 'commander';
import { table, type CliIo } from '#production/cli';
import { registerDocumentSigners } from './document-signer-commands.ts';
import { rehearsalCard } from './rehearsal-card.ts';
import { RehearsalError } from './rehearsal-error.ts';
import { isGood, rehearseRollOver, type RollOverOptions, type RollOverReport } from './roll-over.ts';
import { sweepSigner, type SweepReport } from './signer-sweep.ts';
import { inThrowawayHome } from './throwaway-home.ts';
import { wholeNumber } from './whole-number.ts';

/** The signing authority: a running plant's Document Signers, and rehearsals in which everything is thrown away and no plant is touched. */
export function registerPki(program: Command, io: CliIo): void {
  const pki = program
    .command('pki')
    .description('the signing authority: Document Signers of a plant, rehearsals on throw-away tokens / hệ thống ký và diễn tập');
  registerDocumentSigners(pki, io);
  pki
    .command('roll-over')
    .option('--rehearse', 'on throw-away tokens and a throw-away database')
    .option('--rate <n>', 'signatures asked for a second', wholeNumber(1, 1000), 30)
    .option('--seconds <n>', 'for so long', wholeNumber(1, 86_400), 60)
    .option('--documents-max <n>', 'documents that one key may sign', wholeNumber(5, 100_000), 500)
    .option('--kill-token <name>', 'a or b dies for good half way', tokenName)
    .description('Document Signers take over from each other while cards are signed at a steady rate')
    .action(async (options: RollOverOptions & { readonly rehearse?: boolean }) => {
      if (options.rehearse !== true) throw new RehearsalError('REHEARSAL_ONLY');
      const card = await rehearsalCard();
      const report = await inThrowawayHome(io, (home) => rehearseRollOver(home, card, options));
      io.out(rollOverTable(report));
      if (!isGood(report)) throw new RehearsalError('REHEARSAL_FAILED');
    });
  pki
    .command('sweep')
    .option('--points <n>', 'how often the signer is killed', wholeNumber(1, 100_000), 140)
    .description('kills a signer at every point of a signature, and compares token, books and answers afterwards')
    .action(async (options: { readonly points: number }) => {
      const card = await rehearsalCard();
      const said = (done: number): void => void (io.interactive && io.err(`\r${done}/${options.points}`));
      const report = await inThrowawayHome(io, (home) => sweepSigner(home, card, { ...options, said }));
      io.out(sweepTable(report));
      if (report.orphans > 0 || report.violations.length > 0) throw new RehearsalError('REHEARSAL_ORPHANS');
    });
}

function rollOverTable(report: RollOverReport): string {
  const { requests, failures, rollOvers, latencyMs, keys, documentsMax, reconciliation, killed } = report;
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  return table([
    ['requests', String(requests)],
    ['failures', [String(failed), ...[...failures].map(([code, count]) => `${code} ${count}`)].join('  ')],
    ['roll-overs', String(rollOvers)],
    ...(killed === undefined ? [] : [['token that died', killed]]),
    ['highest count on any key', `${Math.max(0, ...keys.map(({ documents }) => documents))} of ${documentsMax}`],
    ['documents by key', keys.map(({ token, state, documents }) => `${token} ${documents} ${state}`).join(', ')],
    ['reconciliation', reconciliation],
    ['latency', `median ${latencyMs.median.toFixed(0)} ms, 99 % within ${latencyMs.p99.toFixed(0)} ms`],
  ]);
}

function sweepTable({ points, kills, cards, signatures, doubts, orphans, violations, reconciliation }: SweepReport): string {
  return table([
    ['points', `${points}, orphans ${orphans}`],
    ['killed at', [...kills].map(([point, count]) => `${point} ${count}`).join(', ')],
    ['cards', String(cards)],
    ['signatures by the token', String(signatures)],
    ['doubts named', String(doubts)],
    ['reconciliation', reconciliation],
    ['violations', String(violations.length)],
    ...violations.map((violation) => ['', violation]),
  ]);
}

function tokenName(text: string): string {
  if (text !== 'a' && text !== 'b') throw new InvalidArgumentError('a or b');
  return text;
}
