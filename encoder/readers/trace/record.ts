import type { CardConnection, Reader } from '../reader.ts';
import { ReaderError } from '../reader-error.ts';
import { redactor } from './redact.ts';
import { traceHeader, traceLine } from './trace-lines.ts';
import type { LabEvent } from './trace.ts';

export interface Recording {
  readonly reader: Reader;
  /** Called with whole lines, newline included, as things happen: the file is as long as the fault was late. */
  readonly write: (lines: string) => void;
  readonly monotonicMs?: () => number;
}

/** The same reader, whose course of events is written down redacted: for finding faults, on any card. */
export function recordRedacted(recording: Recording & { readonly random: (length: number) => Uint8Array }): Reader {
  const redact = redactor(recording.random);
  recording.write(traceHeader({ redacted: true, reader: recording.reader.name }));
  return observeReader(recording, (event) => recording.write(traceLine(redact(event))));
}

/**
 * The same reader, whose every byte is written down, to be replayed by `replayReader`. For laboratories with specimen cards and
 * throw-away keys only: keys and personal data stand in these lines.
 */
export function insecureLabRecord(recording: Recording): Reader {
  recording.write(traceHeader({ redacted: false, reader: recording.reader.name }));
  return observeReader(recording, (event) => recording.write(traceLine(event)));
}

/** Tells of everything after it happened, errors of the reader included. Errors of another kind pass unseen. */
function observeReader({ reader, monotonicMs = () => performance.now() }: Recording, tell: (event: LabEvent) => void): Reader {
  const timed = async <T>(
    work: () => Promise<T>,
    done: (value: T, took: number) => LabEvent,
    failed: (failure: Failed) => LabEvent,
  ): Promise<T> => {
    const began = monotonicMs();
    const took = (): number => Math.round((monotonicMs() - began) * 1000) / 1000;
    let value: T;
    try {
      value = await work();
    } catch (error) {
      if (error instanceof ReaderError) tell(failed({ error: error.code, took: took() }));
      throw error;
    }
    tell(done(value, took()));
    return value;
  };
  const observed = (connection: CardConnection): CardConnection => ({
    atr: connection.atr,
    transmit: (bytes) => {
      // Copied: what the caller does with its buffer afterwards is not what was sent.
      const command = bytes.slice();
      return timed(
        () => connection.transmit(bytes),
        (response, took) => ({ event: 'command', command, response: response.slice(), took }),
        (failure) => ({ event: 'command', command, ...failure }),
      );
    },
    disconnect: async (disposition) => {
      await connection.disconnect(disposition);
      tell({ event: 'disconnect', disposition });
    },
  });
  return {
    name: reader.name,
    connect: async () =>
      observed(
        await timed(
          () => reader.connect(),
          ({ atr }, took) => ({ event: 'connect', atr, took }),
          (failure) => ({ event: 'connect', ...failure }),
        ),
      ),
    waitFor: (present, timeoutMs) =>
      timed(
        () => reader.waitFor(present, timeoutMs),
        (_seen, took) => ({ event: 'wait', present, took }),
        (failure) => ({ event: 'wait', present, ...failure }),
      ),
    close: () => reader.close(),
  };
}

interface Failed {
  readonly error: ReaderError['code'];
  readonly took: number;
}
