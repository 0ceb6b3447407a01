/**
 * The process that holds one reader: `pcsclite` is loaded here, so that its aborts and its threads that never return end with
 * this process and with nothing else. It answers one owner over IPC and ends when the owner is gone.
 *
 * Usage: node reader-process.js READER OPTIONS   (JSON, `PcscOptions`), started by `child-reader.ts`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CardConnection, Reader } from './reader.ts';
import { openPcscReader, type PcscOptions } from './pcsc.ts';
import { ReaderError } from './reader-error.ts';
import { type Answer, type Connected, OPEN_MS, OPENING, type Question } from './reader-ipc.ts';

// Ctrl-C and a service manager's SIGTERM reach the whole group: the owner finishes its card first, and then ends us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
// Not `exit`: it waits for the addon's threads, and one that hangs in the service is why we may be ending.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const SERVICE_LOOK_MS = 100;
const [, , name = '', options = '{}'] = process.argv;

await answer(OPENING, async () => {
  const reader = await openWhenServed(JSON.parse(options) as PcscOptions);
  const respond = responder(reader);
  process.on('message', (message) => {
    const { id, ask } = message as Question;
    void answer(id, () => respond(ask));
  });
  return null;
});

/** A service that is being started again is waited for here, where it costs nothing: no process is made for each look. */
async function openWhenServed(options: PcscOptions): Promise<Reader> {
  const deadline = performance.now() + (options.openDeadlineMs ?? OPEN_MS);
  for (;;) {
    try {
      return await openPcscReader(name, { ...options, openDeadlineMs: deadline - performance.now() });
    } catch (error) {
      if (!(error instanceof ReaderError) || error.code !== 'SERVICE_GONE' || performance.now() > deadline) throw error;
    }
    await sleep(SERVICE_LOOK_MS);
  }
}

async function answer(id: number, work: () => Promise<Connected | Uint8Array | null>): Promise<void> {
  const say = (said: Answer): void => void process.send?.(said);
  try {
    say({ id, value: await work() });
  } catch (error) {
    // An error that nobody expected ends this process, which is what its owner then hears.
    if (!(error instanceof ReaderError)) throw error;
    say({ id, error: { code: error.code, ...(error.detail === undefined ? {} : { detail: error.detail }) } });
  }
}

function responder(reader: Reader): (ask: Question['ask']) => Promise<Connected | Uint8Array | null> {
  let latest: CardConnection | undefined;
  let connections = 0;
  const connectionOf = (number: number): CardConnection => {
    if (latest === undefined || number !== connections) throw new ReaderError('CARD_REMOVED', { where: name, detail: 'disconnected' });
    return latest;
  };
  return async (ask) => {
    switch (ask.ask) {
      case 'connect':
        latest = await reader.connect();
        connections += 1;
        return { connection: connections, atr: latest.atr };
      case 'waitFor':
        await reader.waitFor(ask.present, ask.timeoutMs);
        return null;
      case 'transmit':
        return connectionOf(ask.connection).transmit(ask.command);
      case 'disconnect':
        await connectionOf(ask.connection).disconnect(ask.disposition);
        return null;
      case 'close':
        await reader.close();
        return null;
    }
  };
}
