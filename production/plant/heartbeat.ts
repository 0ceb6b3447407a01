import { setTimeout as sleep } from 'node:timers/promises';

/** How a process that hangs is told from one that is busy: it changes something by itself, again and again, and somebody looks. */
export interface Heartbeat {
  /** What the process changes; rejects when it cannot be read. */
  readonly read: () => Promise<string | number>;
  readonly everyMs: number;
  /**
   * So many looks in a row that find no change mean that it hangs. Looks are counted and not time: a supervisor that was stopped
   * itself, or a host that slept, accuses nobody.
   */
  readonly looksMax: number;
}

/** Resolves with `true` when the process has fallen silent, with `false` when there is nobody to listen for any more. */
export async function fallsSilent({ read, everyMs, looksMax }: Heartbeat, over: AbortSignal): Promise<boolean> {
  let last: string | number | undefined;
  let silent = 0;
  while (silent < looksMax) {
    try {
      await sleep(everyMs, undefined, { signal: over });
    } catch {
      return false;
    }
    const beat = await read().catch(() => last);
    silent = beat === last ? silent + 1 : 0;
    last = beat;
  }
  return !over.aborted;
}
