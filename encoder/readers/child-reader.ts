import { setTimeout as sleep } from 'node:timers/promises';
import type { PcscOptions } from './pcsc.ts';
import { ReaderChild } from './reader-child.ts';
import { ReaderError } from './reader-error.ts';
import type { CardConnection, Reader } from './reader.ts';

export interface ChildReaderOptions extends PcscOptions {
  /** Arguments of `node` that run `reader-process`: the built one beside this file, unless a test runs it from the sources. */
  readonly program?: readonly string[];
}

/**
 * A PC/SC reader by its exact name, in a process of its own: the addon's aborts, stalls and frozen event loops end that process and
 * reach the owner as errors. A process that is dead, does not answer in time, or has lost its reader or the service is
 * killed at once (the service then resets the card), and the next `connect` or `waitFor` starts another one, which waits for a
 * service that is being started again: this reader needs no reopening and its owner need not end, whatever an error's
 * `remedy` says of the process that held the addon.
 *
 * A command that was under way when the process ended may have been executed: DEADLINE, READER_GONE and SERVICE_GONE say
 * so as they do everywhere.
 *
 * Errors: `ReaderError` SERVICE_GONE (no pcscd before the deadline), READER_GONE (no reader of this name before it, or no process),
 * DEADLINE (a process that says nothing). To be called in the main thread: the process ends with the thread that started it.
 */
export async function openChildReader(name: string, options: ChildReaderOptions = {}): Promise<Reader> {
  const reader = new ChildReader(name, options);
  await reader.start();
  return reader;
}

const COMMAND_MS = 30_000;
const CONNECT_MS = 2500;
/** Above what the process allows itself: for one whose event loop is frozen and whose own deadline never comes. A busy host is no frozen process. */
const GRACE_MS = 5000;
/** What `connect` of the process may take besides: a fresh status, the ATR, and the question who is gone. */
const CONNECT_GRACE_MS = 5000;
const DISCONNECT_MS = 5000;
const CLOSE_MS = 2000;
/** Between a process that could not open its reader and the next one: one that dies at each start must not fill the host. */
const PAUSE_MS = 1000;

class ChildReader implements Reader {
  readonly name: string;
  readonly #options: ChildReaderOptions;
  #child: Promise<ReaderChild> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(name: string, options: ChildReaderOptions) {
    this.name = name;
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#running();
  }

  async connect(): Promise<CardConnection> {
    const child = await this.#running();
    const { connection, atr } = await child.connected((this.#options.connectDeadlineMs ?? CONNECT_MS) + CONNECT_GRACE_MS);
    return this.#connection(child, connection, atr);
  }

  async waitFor(present: boolean, timeoutMs: number): Promise<void> {
    const child = await this.#running();
    await child.ask({ ask: 'waitFor', present, timeoutMs }, timeoutMs + GRACE_MS);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const child = await this.#child?.catch(() => undefined);
    // Errors are of no interest: the process ends in any case.
    await child?.ask({ ask: 'close' }, CLOSE_MS).catch(() => undefined);
    await child?.end(this.#gone('closed'));
  }

  /** The process, started anew when the last one is over. Two who ask at once get the same. */
  async #running(): Promise<ReaderChild> {
    if (this.#closed) throw this.#gone('closed');
    const last = this.#child;
    const child = await last?.catch(() => undefined);
    if (this.#child === last && child?.over !== undefined) {
      this.#child = undefined;
      // Not before it has let go of the card.
      await child.end(child.over);
    }
    if (child !== undefined && child.over === undefined) return child;
    if (this.#closed) throw this.#gone('closed');
    this.#child ??= this.#launch();
    return this.#child;
  }

  async #launch(): Promise<ReaderChild> {
    const { program, ...options } = this.#options;
    const pauseMs = this.#failedAt + PAUSE_MS - performance.now();
    if (pauseMs > 0) await sleep(pauseMs);
    try {
      return await ReaderChild.start(this.name, options, program);
    } catch (error) {
      this.#failedAt = performance.now();
      this.#child = undefined;
      throw error;
    }
  }

  #connection(child: ReaderChild, connection: number, atr: Uint8Array): CardConnection {
    const commandMs = (this.#options.commandDeadlineMs ?? COMMAND_MS) + GRACE_MS;
    return {
      atr,
      transmit: (command) => child.transmitted({ ask: 'transmit', connection, command }, commandMs),
      disconnect: async (disposition) => {
        // A card that has gone, or a process that has, is disconnected already.
        await child.ask({ ask: 'disconnect', connection, disposition }, DISCONNECT_MS).catch(() => undefined);
      },
    };
  }

  #gone(detail: string): ReaderError {
    return new ReaderError('READER_GONE', { where: this.name, detail });
  }
}
