import { equalBytes } from '#encoder/bytes';
import type { CardConnection, Reader } from '../reader.ts';
import { ReaderError, type ReaderErrorCode } from '../reader-error.ts';
import { TraceError } from './trace-error.ts';
import type { ApduTrace, LabEvent } from './trace.ts';

export interface ReplayReader extends Reader {
  /** Events that nobody has asked for yet: zero after a program that does what was recorded. */
  readonly eventsLeft: number;
}

/**
 * A reader that answers as the recorded one did, and only to the same calls in the same order with the same bytes: a program
 * that would send a chip anything else stops there. No time passes in it.
 *
 * Errors: `TraceError` TRACE_REDACTED at once, for a trace without its bytes; TRACE_DIVERGES, TRACE_OVER from any call, and
 * again from every later one; and the `ReaderError`s that were recorded.
 */
export function replayReader(trace: ApduTrace): ReplayReader {
  if (trace.redacted) throw new TraceError('TRACE_REDACTED', { where: trace.reader });
  const { reader: name, events } = trace;
  let at = 0;
  let over: TraceError | undefined;
  let closed = false;

  const stop = (code: 'TRACE_DIVERGES' | 'TRACE_OVER', detail: string): TraceError =>
    (over = new TraceError(code, { where: `event ${at + 1}`, detail }));

  /** The event that comes next, when it is of this kind. */
  const next = <K extends LabEvent['event']>(kind: K): Extract<LabEvent, { readonly event: K }> => {
    if (over !== undefined) throw over;
    if (closed) throw new ReaderError('READER_GONE', { where: name });
    const event = events[at];
    if (event === undefined) throw stop('TRACE_OVER', kind);
    if (!isOf(event, kind)) throw stop('TRACE_DIVERGES', `${kind}, and ${event.event} was recorded`);
    return event;
  };
  const recorded = (error: ReaderErrorCode): ReaderError => new ReaderError(error, { where: name, detail: 'as recorded' });

  const connection = (atr: Uint8Array): CardConnection => ({
    atr,
    async transmit(command) {
      await Promise.resolve();
      const event = next('command');
      if (!equalBytes(event.command, command)) throw stop('TRACE_DIVERGES', difference(event.command, command));
      at += 1;
      if ('error' in event) throw recorded(event.error);
      return event.response.slice();
    },
    async disconnect(disposition) {
      await Promise.resolve();
      const event = next('disconnect');
      if (event.disposition !== disposition) throw stop('TRACE_DIVERGES', `${disposition}, and ${event.disposition} was recorded`);
      at += 1;
    },
  });

  return {
    name,
    get eventsLeft() {
      return events.length - at;
    },
    async connect() {
      await Promise.resolve();
      const event = next('connect');
      at += 1;
      if ('error' in event) throw recorded(event.error);
      return connection(event.atr.slice());
    },
    async waitFor(present) {
      await Promise.resolve();
      const event = next('wait');
      if (event.present !== present) throw stop('TRACE_DIVERGES', `wait for ${present}, and for ${event.present} was recorded`);
      at += 1;
      if ('error' in event) throw recorded(event.error);
    },
    async close() {
      await Promise.resolve();
      closed = true;
    },
  };
}

function isOf<K extends LabEvent['event']>(event: LabEvent, kind: K): event is Extract<LabEvent, { readonly event: K }> {
  return event.event === kind;
}

/** Where two commands part, by lengths and headers only. */
function difference(recorded: Uint8Array, sent: Uint8Array): string {
  const header = (command: Uint8Array): string => Buffer.from(command.subarray(0, 4)).toString('hex').toUpperCase();
  if (header(recorded) !== header(sent)) return `command ${header(sent)}, and ${header(recorded)} was recorded`;
  const first = recorded.findIndex((byte, index) => byte !== sent[index]);
  const byte = first < 0 ? recorded.length : first;
  return `command ${header(sent)} of ${sent.length} bytes, ${recorded.length} recorded, different from byte ${byte}`;
}
