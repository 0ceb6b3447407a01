import { ascii, concat } from '#encoder/bytes';

/** `3B 89 80 01`, nine historical bytes, TCK (ISO/IEC 7816-3 §8.2; the form PC/SC part 3 §3.1.3.2.3.1 gives contactless cards). */
export function contactlessAtr(historicalBytes: string): Uint8Array {
  const head = concat(Uint8Array.of(0x3b, 0x80 | historicalBytes.length, 0x80, 0x01), ascii(historicalBytes));
  return concat(head, Uint8Array.of(head.subarray(1).reduce((sum, byte) => sum ^ byte, 0)));
}
