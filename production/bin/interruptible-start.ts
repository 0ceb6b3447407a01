import { stopOnSignal } from '#production/plant';
import type { StartedPlant } from './start-plant.ts';

/**
 * Starts a plant that Ctrl-C stops in order, from the first of its processes on. A start that was interrupted does not return:
 * what had been started is stopped, and this process ends as the signal would have ended it.
 * @param start ends early, with an error, when its signal is aborted
 * @param onStop told when the stop begins
 */
export async function startInterruptibly<T extends { readonly started: Pick<StartedPlant, 'stop'> }>(
  start: (stopping: AbortSignal) => Promise<T>,
  onStop: () => void = () => undefined,
): Promise<T & { readonly forget: () => void }> {
  const stopping = new AbortController();
  // In a turn of its own, so that the handlers are there before the first process is.
  const starting = Promise.resolve().then(() => start(stopping.signal));
  const forget = stopOnSignal(async () => {
    stopping.abort();
    onStop();
    const { started } = await starting;
    await started.stop();
  });
  try {
    return { ...(await starting), forget };
  } catch (error) {
    if (stopping.signal.aborted) return await new Promise<never>(() => undefined);
    forget();
    throw error;
  }
}
