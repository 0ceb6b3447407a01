import type { CardConnection, Reader } from './reader.ts';
import { COMMAND_BYTES_MAX, COMMAND_BYTES_MIN, ReaderError } from './reader-error.ts';

/** What a card in this process looks like to its reader; `VirtualCard` of `#encoder/virtual-card` is one. */
export interface InProcessCard {
  readonly mute: boolean;
  readonly answerToReset: Uint8Array;
  powerOn(): Uint8Array;
  powerOff(): void;
  process(command: Uint8Array): Promise<Uint8Array>;
}

/** When the card is taken out: before the command reaches the card, or after the card executed it and before its answer comes back. */
export type Pull = 'before' | 'after';

export interface InProcessReader extends Reader {
  insert(card: InProcessCard): void;
  remove(): void;
  /** Commands transmitted since the reader was made. */
  readonly commands: number;
  /** Called with the number of each command (from 1) before it is sent; an answer pulls the card at that point. */
  onCommand: ((command: number) => Pull | undefined) | undefined;
}

/** A reader over a card in this process, for tests and for the sweep of all interruption points. No PC/SC, no waiting. */
export function inProcessReader(name = 'in process'): InProcessReader {
  let card: InProcessCard | undefined;
  let insertion = 0;
  let closed = false;
  let connected = false;
  let powered = false;
  const waiters = new Set<() => void>();
  const changed = (): void => {
    insertion += 1;
    connected = false;
    powered = false;
    for (const waiter of waiters) waiter();
  };
  const error = (code: ConstructorParameters<typeof ReaderError>[0]): ReaderError => new ReaderError(code, { where: name });

  const reader: InProcessReader = {
    name,
    commands: 0,
    onCommand: undefined,
    insert(next) {
      card?.powerOff();
      card = next;
      changed();
    },
    remove() {
      card?.powerOff();
      card = undefined;
      changed();
    },
    async connect() {
      await Promise.resolve();
      if (closed) throw error('READER_GONE');
      if (card === undefined) throw error('NO_CARD');
      if (connected) throw error('CARD_IN_USE');
      const atr = powered ? card.answerToReset : card.powerOn();
      if (atr.length === 0) throw error('CARD_MUTE');
      connected = true;
      powered = true;
      return connection(card, atr, insertion);
    },
    waitFor(present, timeoutMs) {
      return new Promise((resolve, reject) => {
        const done = (): boolean => (card !== undefined) === present;
        if (done()) return resolve();
        const check = (): void => {
          if (done()) settle(resolve);
        };
        const timer = setTimeout(() => settle(() => reject(error(present ? 'NO_CARD' : 'CARD_STAYS'))), timeoutMs);
        const settle = (finish: () => void): void => {
          clearTimeout(timer);
          waiters.delete(check);
          finish();
        };
        waiters.add(check);
      });
    },
    async close() {
      closed = true;
      this.remove();
      await Promise.resolve();
    },
  };

  function connection(inserted: InProcessCard, atr: Uint8Array, ofInsertion: number): CardConnection {
    let open = true;
    const lost = (): boolean => !open || ofInsertion !== insertion;
    return {
      atr,
      async transmit(command) {
        if (lost()) throw error(closed ? 'READER_GONE' : 'CARD_REMOVED');
        if (command.length < COMMAND_BYTES_MIN || command.length > COMMAND_BYTES_MAX) throw error('COMMAND_REFUSED');
        const counted = reader as { commands: number };
        counted.commands += 1;
        const pull = reader.onCommand?.(counted.commands);
        if (pull === 'before') {
          reader.remove();
          throw error('CARD_REMOVED');
        }
        const response = await inserted.process(command).catch((cause: unknown) => {
          reader.remove();
          throw new ReaderError('CARD_REMOVED', { where: name, cause });
        });
        if (pull === 'after') reader.remove();
        if (lost()) throw error('CARD_REMOVED');
        return response;
      },
      async disconnect(disposition) {
        await Promise.resolve();
        if (lost()) return;
        open = false;
        connected = false;
        if (disposition === 'leave') return;
        powered = false;
        inserted.powerOff();
      },
    };
  }
  return reader;
}
