import { equalBytes, toHex } from '#encoder/bytes';
import { DriverError } from './driver-error.ts';

/** Throws CHIP_UNKNOWN, before anything is sent, when the lot of chips has known answers to reset and this is none of them. */
export function checkAnswerToReset(atr: Uint8Array, known: readonly Uint8Array[] | undefined): void {
  if (known !== undefined && !known.some((one) => equalBytes(one, atr))) {
    throw new DriverError('CHIP_UNKNOWN', 'answer to reset', { detail: toHex(atr) });
  }
}
