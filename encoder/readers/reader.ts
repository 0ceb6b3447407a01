/**
 * The port to a card reader: one seat, one card, one command at a time. `pcsc` is the real thing through `pcsclite`; the
 * tests' in-process transport talks to a virtual card directly.
 *
 * A transmit error never means "not executed": the card may have done what the reader could not report.
 */
export interface Reader {
  /** PC/SC reader name, stable for a place. */
  readonly name: string;
  /**
   * Powers the card and takes it exclusively.
   * Errors (`ReaderError`): NO_CARD, CARD_MUTE (a card is there and gives no ATR), READER_GONE, SERVICE_GONE.
   */
  connect(): Promise<CardConnection>;
  /** Resolves when a card is (`true`) or is not (`false`) in the reader, or rejects after `timeoutMs` with NO_CARD / CARD_STAYS. */
  waitFor(present: boolean, timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface CardConnection {
  readonly atr: Uint8Array;
  /** Sends one command APDU and returns the response APDU, status word included. Errors: CARD_REMOVED, CARD_RESET, READER_GONE, DEADLINE. */
  transmit(command: Uint8Array): Promise<Uint8Array>;
  /** `leave` keeps the card powered as it is; `unpower` cold-resets it at the next connect. */
  disconnect(disposition: 'leave' | 'unpower'): Promise<void>;
}
