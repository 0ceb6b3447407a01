import { concat, uintBE } from '#encoder/bytes';
import { CardError } from './card-error.ts';
import { StatusWord } from './status-word.ts';

/** A response APDU: data, and the status word SW1-SW2 as a number (0x9000). */
export interface ResponseApdu {
  readonly data: Uint8Array;
  readonly sw: number;
}

/** Extended Le asks for 65,536 bytes at most; secure messaging adds less than 64 (ISO/IEC 7816-4 §5.1). */
const RESPONSE_BYTES_MAX = 65_536 + 64;

export function encodeResponse(response: ResponseApdu): Uint8Array {
  return concat(response.data, uintBE(response.sw, 2));
}

/** What a reader handed back. Throws `CardError` CARD_ANSWER_INVALID when it is no response APDU. */
export function parseResponse(bytes: Uint8Array, operation: string): ResponseApdu {
  if (bytes.length < 2 || bytes.length > RESPONSE_BYTES_MAX) {
    throw new CardError('CARD_ANSWER_INVALID', { operation, detail: `a response of ${bytes.length} bytes` });
  }
  const sw = ((bytes.at(-2) ?? 0) << 8) | (bytes.at(-1) ?? 0);
  return { data: bytes.slice(0, -2), sw };
}

export function isSuccess(response: ResponseApdu): boolean {
  return response.sw === StatusWord.SUCCESS;
}

/** The response data of a command that must succeed. Throws `CardError` CARD_REFUSED with the operation and status word. */
export function expectSuccess(response: ResponseApdu, operation: string): Uint8Array {
  if (!isSuccess(response)) throw new CardError('CARD_REFUSED', { operation, sw: response.sw });
  return response.data;
}
