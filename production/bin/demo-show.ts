import cliProgress from 'cli-progress';
import type { CliIo } from '#production/cli';
import type { DemoShow } from '#production/demo';

/** Without a terminal a line says how far a long stage is, at most so often. */
const QUIET_MS = 5000;

/** The demo on a terminal: a line a stage, with a bar where the end is known. In a log: a line when a stage ends, and now and then between. */
export function demoShow(io: CliIo): DemoShow {
  let bar: cliProgress.SingleBar | undefined;
  let title = '';
  let total: number | undefined;
  let began = performance.now();
  let spoke = began;
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  return {
    stage(vi, en, of) {
      title = `${vi} · ${en}`;
      total = of;
      began = performance.now();
      spoke = began;
      if (!io.interactive || of === undefined) return;
      bar = new cliProgress.SingleBar(
        { format: `  ${title}  {bar} {value}/{total}  {note}`, stream: process.stderr, hideCursor: true, clearOnComplete: true },
        cliProgress.Presets.shades_classic,
      );
      bar.start(of, 0, { note: '' });
    },
    progress(done, note = '') {
      bar?.update(done, { note });
      if (bar !== undefined || performance.now() - spoke < QUIET_MS) return;
      spoke = performance.now();
      io.err(`  … ${title}: ${done}${total === undefined ? '' : `/${total}`} ${note}\n`);
    },
    done(note = '') {
      bar?.stop();
      bar = undefined;
      io.err(`✓ ${title}  ${note}  (${seconds()})\n`);
    },
  };
}
