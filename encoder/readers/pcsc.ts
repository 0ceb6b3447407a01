import { acquireContext, type PcscCardReader, type PcscContext, type PcscStatus, toReaderError } from './pcsc-context.ts';
import { OPEN_MS } from './reader-ipc.ts';
import type { CardConnection, Reader } from './reader.ts';
import { COMMAND_BYTES_MAX, COMMAND_BYTES_MIN, ReaderError } from './reader-error.ts';

export interface PcscOptions {
  /** How long a reader may take to appear in the service's list. */
  readonly openDeadlineMs?: number;
  /** How long `connect` goes on trying while the service sees no card: it looks every 400 ms only. */
  readonly connectDeadlineMs?: number;
  /** For one command. Afterwards the outcome is unknown and the addon's thread is lost: the process should end itself. */
  readonly commandDeadlineMs?: number;
}

/** The largest extended response is 65,538 bytes; the addon wants room for a little more. */
const RESPONSE_BYTES = 65_548;
const STATUS_WORD_BYTES = 2;
const RETRY_MS = 20;
const ATR_WAIT_MS = 1000;
/** pcscd's own, compiled in. */
const STATUS_POLL_MS = 400;

/**
 * A PC/SC reader by its exact name. One process for each reader: the addon can stall or abort its process, and a command that never ends can
 * only be ended with it. It cannot be used in a worker thread.
 *
 * Errors: `ReaderError` SERVICE_GONE (no pcscd), READER_GONE (no reader of this name before the deadline).
 */
export async function openPcscReader(name: string, options: PcscOptions = {}): Promise<Reader> {
  const context = acquireContext();
  try {
    const reader = await readerNamed(context, name, options.openDeadlineMs ?? OPEN_MS);
    return new PcscReader(context, reader, options);
  } catch (error) {
    context.release();
    throw error;
  }
}

async function readerNamed(context: PcscContext, name: string, deadlineMs: number): Promise<PcscCardReader> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    if (context.failure !== undefined) throw context.failure;
    const reader = context.readers.get(name);
    if (reader !== undefined) return reader;
    if (performance.now() > deadline) throw new ReaderError('READER_GONE', { where: name });
    await nextChange(context, RETRY_MS * 5);
  }
}

/** Resolves at the next change of the context, or after `timeoutMs`. */
function nextChange(context: PcscContext, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const stop = context.onChange(done);
    const timer = setTimeout(done, timeoutMs);
  });
}

class PcscReader implements Reader {
  readonly name: string;
  readonly #context: PcscContext;
  readonly #reader: PcscCardReader;
  readonly #options: PcscOptions;
  /** The last status when an exchange failed as if the card had left: until another comes, the service may still see the old card. */
  #doubtful: PcscStatus | undefined;
  #closed = false;

  constructor(context: PcscContext, reader: PcscCardReader, options: PcscOptions) {
    this.name = reader.name;
    this.#context = context;
    this.#reader = reader;
    this.#options = options;
  }

  async connect(): Promise<CardConnection> {
    const deadline = performance.now() + (this.#options.connectDeadlineMs ?? 2500);
    await this.#freshStatus();
    const muteDeadline = performance.now() + STATUS_POLL_MS * 3;
    for (;;) {
      try {
        this.#check();
        return await this.#connectOnce();
      } catch (error) {
        if (error instanceof ReaderError && error.code === 'READER_GONE') throw await this.#whoIsGone(error);
        const waitable = error instanceof ReaderError && RETRIED.has(error.code);
        const until = error instanceof ReaderError && error.code === 'CARD_MUTE' ? Math.min(deadline, muteDeadline) : deadline;
        if (!waitable || performance.now() > until) throw error;
      }
      await nextChange(this.#context, RETRY_MS);
    }
  }

  async waitFor(present: boolean, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      this.#check();
      const state = this.#context.status(this.name)?.state;
      if (state !== undefined && ((state & this.#reader.SCARD_STATE_PRESENT) !== 0) === present) return;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new ReaderError(present ? 'NO_CARD' : 'CARD_STAYS', { where: this.name });
      await nextChange(this.#context, Math.min(leftMs, 1000));
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#disconnect(this.#reader.SCARD_LEAVE_CARD);
    this.#context.release();
  }

  /** Waits for two looks of the service at most: the failure may have had another reason than a card that left. */
  async #freshStatus(): Promise<void> {
    const deadline = performance.now() + STATUS_POLL_MS * 2;
    while (this.#doubtful !== undefined && this.#doubtful === this.#context.status(this.name)) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      await nextChange(this.#context, leftMs);
    }
    this.#doubtful = undefined;
  }

  /** A reader that vanished can be the first sign of a service that died: one look of the service later it is known which. */
  async #whoIsGone(error: ReaderError): Promise<ReaderError> {
    const deadline = performance.now() + STATUS_POLL_MS;
    for (let leftMs = STATUS_POLL_MS; leftMs > 0 && !this.#closed; leftMs = deadline - performance.now()) {
      if (this.#context.failure !== undefined) return new ReaderError('SERVICE_GONE', { where: this.name, cause: this.#context.failure });
      await nextChange(this.#context, leftMs);
    }
    return error;
  }

  /** Throws what makes every further call useless. */
  #check(): void {
    if (this.#context.failure !== undefined) throw new ReaderError('SERVICE_GONE', { where: this.name, cause: this.#context.failure });
    if (this.#closed || this.#context.readers.get(this.name) !== this.#reader) throw new ReaderError('READER_GONE', { where: this.name });
  }

  async #connectOnce(): Promise<CardConnection> {
    const reader = this.#reader;
    // `connected` stays true after a card was pulled, and connect would then do nothing.
    if (reader.connected) await this.#disconnect(reader.SCARD_LEAVE_CARD);
    const protocol = await new Promise<number>((resolve, reject) => {
      reader.connect({ share_mode: reader.SCARD_SHARE_EXCLUSIVE }, (error: unknown, protocol: number) => {
        if (error === null || error === undefined) resolve(protocol);
        else reject(toReaderError(error, this.name));
      });
    });
    return this.#connection(protocol, await this.#atr());
  }

  /** The ATR comes with a status event, which may be a moment later than the connection. */
  async #atr(): Promise<Uint8Array> {
    const deadline = performance.now() + ATR_WAIT_MS;
    for (;;) {
      const atr = this.#context.status(this.name)?.atr;
      if (atr !== undefined) return atr;
      if (performance.now() > deadline) throw new ReaderError('CARD_MUTE', { where: this.name, detail: 'no ATR' });
      await nextChange(this.#context, RETRY_MS);
    }
  }

  #connection(protocol: number, atr: Uint8Array): CardConnection {
    let over: ReaderError | undefined;
    return {
      atr,
      transmit: async (command) => {
        if (over !== undefined) throw over;
        this.#check();
        try {
          return await this.#transmit(command, protocol);
        } catch (error) {
          if (error instanceof ReaderError && error.code !== 'COMMAND_REFUSED') over = error;
          if (over?.code === 'CARD_REMOVED') this.#doubtful = this.#context.status(this.name);
          throw error;
        }
      },
      disconnect: async (disposition) => {
        if (over?.code === 'DEADLINE') return;
        over ??= new ReaderError('CARD_REMOVED', { where: this.name, detail: 'disconnected' });
        await this.#disconnect(disposition === 'leave' ? this.#reader.SCARD_LEAVE_CARD : this.#reader.SCARD_UNPOWER_CARD);
      },
    };
  }

  #transmit(command: Uint8Array, protocol: number): Promise<Uint8Array> {
    if (command.length < COMMAND_BYTES_MIN || command.length > COMMAND_BYTES_MAX) {
      throw new ReaderError('COMMAND_REFUSED', { where: this.name, detail: `${command.length} bytes` });
    }
    const deadlineMs = this.#options.commandDeadlineMs ?? 30_000;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new ReaderError('DEADLINE', { where: this.name })), deadlineMs);
      // The addon keeps a pointer to the bytes while its thread works: they are copied, so that nobody changes them.
      this.#reader.transmit(Buffer.from(command), RESPONSE_BYTES, protocol, (error: unknown, response: Buffer) => {
        clearTimeout(timer);
        if (error !== null && error !== undefined) reject(toReaderError(error, this.name));
        // Seen with vpcd 3.3: a card that leaves during a command is a success of no bytes.
        else if (response.length < STATUS_WORD_BYTES)
          reject(new ReaderError('CARD_REMOVED', { where: this.name, detail: 'no status word' }));
        else resolve(Uint8Array.from(response));
      });
    });
  }

  /** Errors are of no interest: the card or the service has gone, which is what was wanted. */
  #disconnect(disposition: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#reader.connected) return resolve();
      this.#reader.disconnect(disposition, () => resolve());
    });
  }
}

/**
 * Conditions that may pass by themselves: pcscd notices a card up to 400 ms late, calls a card mute that was taken out
 * since it last looked, and powers a card again after a reset. What is true at the deadline is reported.
 */
const RETRIED: ReadonlySet<string> = new Set(['NO_CARD', 'CARD_REMOVED', 'CARD_RESET', 'CARD_IN_USE', 'CARD_MUTE']);
