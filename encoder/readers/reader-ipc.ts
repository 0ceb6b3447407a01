import type { ReaderErrorCode } from './reader-error.ts';

/** What the owner of a reader asks the process that holds it (`child-reader.ts` → `reader-process.ts`), one `id` a question. */
export type Ask =
  | { readonly ask: 'connect' }
  | { readonly ask: 'waitFor'; readonly present: boolean; readonly timeoutMs: number }
  | { readonly ask: 'transmit'; readonly connection: number; readonly command: Uint8Array }
  | { readonly ask: 'disconnect'; readonly connection: number; readonly disposition: 'leave' | 'unpower' }
  | { readonly ask: 'close' };

export interface Question {
  readonly id: number;
  readonly ask: Ask;
}

/** A connection of the process, named by a number: those that came before it are over. */
export interface Connected {
  readonly connection: number;
  readonly atr: Uint8Array;
}

export type Answer =
  | { readonly id: number; readonly value: Connected | Uint8Array | null }
  | { readonly id: number; readonly error: { readonly code: ReaderErrorCode; readonly detail?: string } };

/** The answer that the process gives unasked when its reader is open, or could not be opened. */
export const OPENING = 0;

/** How long service and reader may take to be there, unless told. */
export const OPEN_MS = 5000;
