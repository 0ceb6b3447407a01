import pcsclite from 'pcsclite';
import { ReaderError, type ReaderErrorCode } from './reader-error.ts';

export type PcscCardReader =
  ReturnType<typeof pcsclite> extends { once(type: 'reader', listener: (reader: infer R) => void): unknown } ? R : never;

/**
 * The one connection of this process to the PC/SC service, shared by the readers that it opens. A context that has failed never
 * comes back, even when the service does (seen with pcscd 1.9.9): the next reader to be opened makes a new one.
 */
export interface PcscContext {
  /** Readers by their exact names, as the service lists them now. */
  readonly readers: ReadonlyMap<string, PcscCardReader>;
  /** What the service last said about a reader. */
  status(name: string): PcscStatus | undefined;
  /** Set once the service is lost. */
  readonly failure: ReaderError | undefined;
  /** Called at each change of the list and when the service is lost; returns how to stop listening. */
  onChange(listener: () => void): () => void;
  release(): void;
}

export interface PcscStatus {
  /** Bits SCARD_STATE_*. */
  readonly state: number;
  readonly atr: Uint8Array | undefined;
}

interface SharedContext {
  readonly statuses: Map<string, PcscStatus>;
  readonly readers: Map<string, PcscCardReader>;
  readonly listeners: Set<() => void>;
  readonly native: ReturnType<typeof pcsclite>;
  failure: ReaderError | undefined;
  users: number;
}

let shared: SharedContext | undefined;

/** Throws `ReaderError` SERVICE_GONE when no service answers. */
export function acquireContext(): PcscContext {
  const context = shared !== undefined && shared.failure === undefined ? shared : startContext();
  shared = context;
  context.users += 1;
  let released = false;
  return {
    readers: context.readers,
    status: (name) => context.statuses.get(name),
    get failure() {
      return context.failure;
    },
    onChange(listener) {
      context.listeners.add(listener);
      return () => void context.listeners.delete(listener);
    },
    release() {
      if (released) return;
      released = true;
      context.users -= 1;
      if (context.users === 0) closeContext(context);
    },
  };
}

function startContext(): SharedContext {
  const context: SharedContext = {
    readers: new Map(),
    statuses: new Map(),
    listeners: new Set(),
    native: construct(),
    failure: undefined,
    users: 0,
  };
  const changed = (): void => {
    for (const listener of context.listeners) listener();
  };
  // Before anything else: without a listener an 'error' event ends the process.
  context.native.on('error', (error: unknown) => {
    context.failure ??= new ReaderError('SERVICE_GONE', { cause: error });
    changed();
  });
  context.native.on('reader', (reader) => {
    reader.on('error', () => {
      // The same failure reaches the context; a cancelled wait at close (0x80100002) means nothing.
    });
    reader.on('end', () => {
      if (context.readers.get(reader.name) === reader) {
        context.readers.delete(reader.name);
        context.statuses.delete(reader.name);
      }
      changed();
    });
    reader.on('status', ({ state, atr }) => {
      context.statuses.set(reader.name, { state, atr: atr === undefined || atr.length === 0 ? undefined : Uint8Array.from(atr) });
      changed();
    });
    context.readers.set(reader.name, reader);
    changed();
  });
  return context;
}

function construct(): ReturnType<typeof pcsclite> {
  try {
    return pcsclite();
  } catch (cause) {
    throw new ReaderError('SERVICE_GONE', { cause });
  }
}

function closeContext(context: SharedContext): void {
  if (shared === context) shared = undefined;
  for (const reader of context.readers.values()) reader.close();
  context.readers.clear();
  context.native.close();
}

/** Return codes of PC/SC (pcsc-lite `pcsclite.h`), as the addon puts them into its messages. */
const CODES: ReadonlyMap<number, ReaderErrorCode> = new Map([
  [0x8010_0009, 'READER_GONE'], // SCARD_E_UNKNOWN_READER
  [0x8010_000a, 'DEADLINE'], // SCARD_E_TIMEOUT
  [0x8010_000b, 'CARD_IN_USE'], // SCARD_E_SHARING_VIOLATION
  [0x8010_000c, 'NO_CARD'], // SCARD_E_NO_SMARTCARD
  [0x8010_0010, 'CARD_RESET'], // SCARD_E_NOT_READY
  [0x8010_0013, 'SERVICE_GONE'], // SCARD_F_COMM_ERROR
  [0x8010_0016, 'CARD_REMOVED'], // SCARD_E_NOT_TRANSACTED: the exchange failed; vpcd says so when the card has left
  [0x8010_0017, 'READER_GONE'], // SCARD_E_READER_UNAVAILABLE
  [0x8010_001d, 'SERVICE_GONE'], // SCARD_E_NO_SERVICE
  [0x8010_001e, 'SERVICE_GONE'], // SCARD_E_SERVICE_STOPPED
  [0x8010_002e, 'READER_GONE'], // SCARD_E_NO_READERS_AVAILABLE
  [0x8010_0003, 'SERVICE_GONE'], // SCARD_E_INVALID_HANDLE: what a dead context says
  [0x8010_0066, 'CARD_MUTE'], // SCARD_W_UNRESPONSIVE_CARD
  [0x8010_0065, 'CARD_MUTE'], // SCARD_W_UNSUPPORTED_CARD: an ATR that cannot be read
  [0x8010_0067, 'CARD_MUTE'], // SCARD_W_UNPOWERED_CARD
  [0x8010_0068, 'CARD_RESET'], // SCARD_W_RESET_CARD
  [0x8010_0069, 'CARD_REMOVED'], // SCARD_W_REMOVED_CARD
]);

/** The addon's errors carry their code only in the message: `SCardTransmit error: Card was removed.(0x80100069)`. */
export function toReaderError(error: unknown, name: string): ReaderError {
  const code = pcscCode(error);
  const known = code === undefined ? undefined : CODES.get(code);
  const detail = code === undefined ? {} : { detail: `0x${code.toString(16)}` };
  return new ReaderError(known ?? 'READER_GONE', { where: name, ...detail, cause: error });
}

function pcscCode(error: unknown): number | undefined {
  const message = error instanceof Error ? error.message : '';
  const found = /\(?0x([0-9a-fA-F]{8})\)?/.exec(message)?.[1];
  return found === undefined ? undefined : Number.parseInt(found, 16);
}
