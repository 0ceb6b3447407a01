/**
 * Command and response APDUs (ISO/IEC 7816-4 §5), status words, and the stack of one-method processors between a protocol
 * and a reader. It knows no protocol: secure messaging is in `access`, SCP03 in `globalplatform`, each a channel on a channel.
 */
export {
  encodeCommand,
  encodeLc,
  EXTENDED_DATA_MAX,
  EXTENDED_LE_MAX,
  isExtended,
  parseCommand,
  SHORT_DATA_MAX,
  SHORT_LE_MAX,
  type CommandApdu,
  type ParsedCommandApdu,
} from './command-apdu.ts';
export { encodeResponse, expectSuccess, isSuccess, parseResponse, type ResponseApdu } from './response-apdu.ts';
export { bytesWaiting, rightLe, statusName, StatusWord, triesLeft, type StatusWordName } from './status-word.ts';
export { CardError, isRefusal, type CardErrorCode } from './card-error.ts';
export { chainResponses, formatApdus, openChannel, traceExchanges, type ApduChannel, type TraceHook, type Transceiver } from './channel.ts';
