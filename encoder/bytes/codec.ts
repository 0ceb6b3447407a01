/**
 * A format and its reverse in one place. `decode` consumes everything it is given or throws a `DecodeError` that says
 * where; `decode(encode(value))` is `value`, and for canonical formats `encode(decode(bytes))` is `bytes`.
 */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** Each codec module exports `examples`; one test walks them all, both ways. `hex` may hold white space. */
export interface Example<T> {
  readonly name: string;
  /** Document and section the bytes come from, or `synthetic`. */
  readonly source: string;
  readonly value: T;
  readonly hex: string;
}
