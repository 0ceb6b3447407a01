import type { ResponseApdu } from '#encoder/apdu';
import type { SmSession } from './secure-messaging.ts';

/** One step of a protocol on the card: what it answers, and with the last step the secure messaging that begins after it. */
export interface CardStep {
  readonly response: ResponseApdu;
  readonly session?: SmSession;
  /** With the session of PACE and of Chip Authentication. */
  readonly ephemeralKeys?: EphemeralKeys;
}

/** The ephemeral public keys of a key agreement, compressed: what Terminal Authentication is bound to (Doc 9303-11 §7.1.2). */
export interface EphemeralKeys {
  /** Comp(PK_DH,IFD), when the terminal may be authenticated by it: after Chip Authentication and Chip Authentication Mapping. */
  readonly terminal?: Uint8Array;
  /** Comp(PK_DH,IC), the chip identifier after PACE. */
  readonly chip?: Uint8Array;
}

/** Bytes of the given length; in tests and vectors a script that throws when it runs dry. */
export type RandomSource = (length: number) => Uint8Array;

export function answer(sw: number, data: Uint8Array = new Uint8Array(0)): CardStep {
  return { response: { data, sw } };
}

/** One row, or all that a chip offers. */
export type OneOrMore<T> = T | readonly T[];

export function asList<T extends object>(value: OneOrMore<T>): readonly T[] {
  return isList(value) ? value : [value];
}

function isList<T extends object>(value: OneOrMore<T>): value is readonly T[] {
  return Array.isArray(value);
}
