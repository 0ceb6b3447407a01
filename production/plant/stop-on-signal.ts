import { constants } from 'node:os';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `stop` at the first Ctrl-C, SIGTERM or SIGHUP and ends this process as that signal would have. A second signal ends it at once: the
 * kernel then tells every process of the plant to stop (`keptCommand`), so that nothing is left behind in either case.
 * @returns takes the handlers away again.
 */
export function stopOnSignal(stop: (signal: NodeJS.Signals) => Promise<void>): () => void {
  let asked = false;
  const handler = (signal: NodeJS.Signals): void => {
    const status = 128 + constants.signals[signal];
    if (asked) process.exit(status);
    asked = true;
    stop(signal).then(
      () => process.exit(status),
      () => process.exit(status),
    );
  };
  for (const signal of ENDING) process.on(signal, handler);
  return () => {
    for (const signal of ENDING) process.off(signal, handler);
  };
}
