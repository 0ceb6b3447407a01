import type { ResponseApdu } from '#encoder/apdu';
import type { SmSession } from './secure-messaging.ts';

/** One step of a protocol on the card: what it answers, and with the last step the secure messaging that begins after it. */
export interface CardStep {
  readonly response: ResponseApdu;
  readonly session?: SmSession;
}

/** Bytes of the given length; in tests and vectors a script that throws when it runs dry. */
export type RandomSource = (length: number) => Uint8Array;

export function answer(sw: number, data: Uint8Array = new Uint8Array(0)): CardStep {
  return { response: { data, sw } };
}
