import { CodedError, concat } from '#encoder/bytes';
import { CardError } from './card-error.ts';
import { type CommandApdu, encodeCommand } from './command-apdu.ts';
import { parseResponse, type ResponseApdu } from './response-apdu.ts';
import { bytesWaiting, rightLe } from './status-word.ts';

/** The bottom of the stack: bytes to a card and back. `CardConnection` of `encoder/readers` is one. */
export interface Transceiver {
  transmit(command: Uint8Array): Promise<Uint8Array>;
}

/** Everything above the bytes: plain, chained or secured, a channel takes one command and brings its response. */
export interface ApduChannel {
  send(command: CommandApdu): Promise<ResponseApdu>;
}

/** One command and its answer, as bytes on the wire, after the fact. `response` is absent when the reader failed. */
export type TraceHook = (exchange: { readonly command: Uint8Array; readonly response?: Uint8Array }) => void;

/** A chip that answers 61xx or 6Cxx for ever is cut off here; 8 × 256 bytes carry any short answer of Doc 9303. */
const CHAIN_MAX = 8;

/** The stack every protocol starts from: format over trace over the reader, with response chaining. */
export function openChannel(transceiver: Transceiver, options: { readonly trace?: TraceHook } = {}): ApduChannel {
  const bottom = options.trace === undefined ? transceiver : traceExchanges(transceiver, options.trace);
  return chainResponses(formatApdus(bottom));
}

/**
 * Commands to bytes and back. A transceiver's own coded errors pass as they are; anything else it throws becomes
 * CARD_READER_GONE, so that callers never see an error of an addon.
 */
export function formatApdus(transceiver: Transceiver): ApduChannel {
  return {
    async send(command) {
      const operation = `INS ${command.ins.toString(16).toUpperCase().padStart(2, '0')}`;
      const bytes = encodeCommand(command);
      return parseResponse(await transmit(transceiver, bytes, operation), operation);
    },
  };
}

/**
 * Fetches what 61xx says is waiting (GET RESPONSE, ISO/IEC 7816-4 §7.6.1) and repeats a command once with the Le that
 * 6Cxx names. Throws `CardError` CARD_ANSWER_INVALID after eight rounds.
 */
export function chainResponses(channel: ApduChannel): ApduChannel {
  return {
    async send(command) {
      let response = await channel.send(command);
      const le = rightLe(response.sw);
      if (le !== undefined) response = await channel.send({ ...command, le, extended: false });
      const parts = [response.data];
      for (let round = 0; ; round += 1) {
        const waiting = bytesWaiting(response.sw);
        if (waiting === undefined) return { data: parts.length === 1 ? response.data : concat(...parts), sw: response.sw };
        if (round >= CHAIN_MAX) {
          throw new CardError('CARD_ANSWER_INVALID', { operation: 'GET RESPONSE', sw: response.sw, detail: `after ${CHAIN_MAX} rounds` });
        }
        // Only the logical channel of the class byte goes on: GET RESPONSE itself carries no secure messaging.
        response = await channel.send({ cla: command.cla & 0x03, ins: 0xc0, p1: 0, p2: 0, le: waiting });
        parts.push(response.data);
      }
    },
  };
}

/** Shows each exchange to the hook. The bytes may hold personal data or keys: the hook redacts what it keeps. */
export function traceExchanges(transceiver: Transceiver, hook: TraceHook): Transceiver {
  return {
    async transmit(command) {
      try {
        const response = await transceiver.transmit(command);
        hook({ command, response });
        return response;
      } catch (error) {
        hook({ command });
        throw error;
      }
    },
  };
}

async function transmit(transceiver: Transceiver, bytes: Uint8Array, operation: string): Promise<Uint8Array> {
  try {
    return await transceiver.transmit(bytes);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CardError('CARD_READER_GONE', { operation, cause });
  }
}
