import type { ReaderErrorCode } from '../reader-error.ts';

/**
 * Everything that passed between a program and its cards in one reader, in order. It holds keys as they went to the chip and
 * personal data as it came back: only a laboratory with specimen cards may keep one, and only this kind can be replayed.
 */
export interface LabTrace {
  readonly redacted: false;
  /** The reader's name. */
  readonly reader: string;
  readonly events: readonly LabEvent[];
}

/** The same course of events without what was said: for finding faults, on any card. */
export interface RedactedTrace {
  readonly redacted: true;
  readonly reader: string;
  readonly events: readonly RedactedEvent[];
}

export type ApduTrace = LabTrace | RedactedTrace;

/** What `connect` and `waitFor` came to, and how a card was let go: alike in both kinds of trace, but for the time. */
type Happening<Time> =
  | { readonly event: 'connect'; readonly atr: Uint8Array; readonly took: Time }
  | { readonly event: 'wait'; readonly present: boolean; readonly took: Time }
  | { readonly event: 'disconnect'; readonly disposition: 'leave' | 'unpower' }
  | { readonly event: 'connect'; readonly error: ReaderErrorCode; readonly took: Time }
  | { readonly event: 'wait'; readonly present: boolean; readonly error: ReaderErrorCode; readonly took: Time };

/** `took` is in milliseconds. */
export type LabEvent =
  | Happening<number>
  | { readonly event: 'command'; readonly command: Uint8Array; readonly response: Uint8Array; readonly took: number }
  | { readonly event: 'command'; readonly command: Uint8Array; readonly error: ReaderErrorCode; readonly took: number };

export type RedactedEvent =
  | Happening<TimingClass>
  | {
      readonly event: 'command';
      readonly sent: RedactedCommand;
      readonly data: RedactedField;
      readonly sw: number;
      readonly took: TimingClass;
    }
  | { readonly event: 'command'; readonly sent: RedactedCommand; readonly error: ReaderErrorCode; readonly took: TimingClass };

export interface RedactedCommand {
  /** CLA INS P1 P2; empty when the bytes are no command APDU. */
  readonly header: Uint8Array;
  readonly data: RedactedField;
  /** As asked for; null when absent. */
  readonly le: number | null;
  readonly extended: boolean;
}

/** Bytes that say nothing of a person or a key stand in clear; of all others the length, and a mark that equal bytes of one trace share. */
export type RedactedField = { readonly clear: Uint8Array } | { readonly length: number; readonly mark: string };

export const TIMING_CLASSES = ['<1ms', '<10ms', '<100ms', '<1s', '<10s', '>=10s'] as const;
export type TimingClass = (typeof TIMING_CLASSES)[number];
