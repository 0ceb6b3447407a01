import { ByteReader, concat, uintBE } from '#encoder/bytes';
import { CardError } from './card-error.ts';

/** A command APDU (ISO/IEC 7816-4 §5.1). `data` absent or empty: no command data; `le` absent: no response data expected. */
export interface CommandApdu {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data?: Uint8Array;
  /** Greatest number of response bytes wanted, 1 to 65536; 256 (short) and 65536 (extended) are sent as zeros and mean "all there is". */
  readonly le?: number;
  /** Extended length fields even where short ones would do. Longer data or `le` take them by themselves. */
  readonly extended?: boolean;
}

/** A command as a chip received it: every field is known. */
export interface ParsedCommandApdu extends CommandApdu {
  readonly data: Uint8Array;
  readonly extended: boolean;
}

export const SHORT_DATA_MAX = 255;
export const SHORT_LE_MAX = 256;
export const EXTENDED_DATA_MAX = 65_535;
export const EXTENDED_LE_MAX = 65_536;

const NO_DATA = new Uint8Array(0);

export function isExtended(command: CommandApdu): boolean {
  return command.extended === true || (command.data?.length ?? 0) > SHORT_DATA_MAX || (command.le ?? 0) > SHORT_LE_MAX;
}

/** The length field Lc: absent without data, one byte, or 00 and two bytes (ISO/IEC 7816-4 §5.1). */
export function encodeLc(length: number, extended: boolean): Uint8Array {
  if (length === 0) return NO_DATA;
  return extended ? concat(uintBE(0, 1), uintBE(length, 2)) : uintBE(length, 1);
}

/** The bytes on the wire. Throws `CardError` CARD_NOT_ASKED when the command fits no APDU: nothing was sent. */
export function encodeCommand(command: CommandApdu): Uint8Array {
  const data = command.data ?? NO_DATA;
  const header = [command.cla, command.ins, command.p1, command.p2];
  const le = command.le;
  if (
    header.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 0xff) ||
    data.length > EXTENDED_DATA_MAX ||
    (le !== undefined && (!Number.isInteger(le) || le < 1 || le > EXTENDED_LE_MAX))
  ) {
    throw new CardError('CARD_NOT_ASKED', { operation: 'ENCODE APDU', detail: `${data.length} bytes of data, Le ${le ?? 'absent'}` });
  }
  const extended = isExtended(command);
  return concat(Uint8Array.from(header), encodeLc(data.length, extended), data, encodeLe(le, extended, data.length > 0));
}

/**
 * Chip side: reads a command APDU of any of the seven cases (ISO/IEC 7816-4 §5.1: 1, 2S, 3S, 4S, 2E, 3E, 4E).
 * Throws `DecodeError`; a chip answers that with 6700.
 */
export function parseCommand(bytes: Uint8Array): ParsedCommandApdu {
  const reader = new ByteReader(bytes, 'APDU');
  const head = {
    cla: reader.uint(1, 'CLA'),
    ins: reader.uint(1, 'INS'),
    p1: reader.uint(1, 'P1'),
    p2: reader.uint(1, 'P2'),
  };
  if (reader.remaining === 0) return { ...head, data: NO_DATA, extended: false };
  const first = reader.uint(1, 'P3');
  if (reader.remaining === 0) return { ...head, data: NO_DATA, le: first === 0 ? SHORT_LE_MAX : first, extended: false };
  if (first !== 0) {
    const data = reader.take(first, 'data');
    if (reader.remaining === 0) return { ...head, data, extended: false };
    const le = reader.uint(1, 'Le');
    reader.end();
    return { ...head, data, le: le === 0 ? SHORT_LE_MAX : le, extended: false };
  }
  const second = reader.uint(2, 'extended length');
  if (reader.remaining === 0) return { ...head, data: NO_DATA, le: second === 0 ? EXTENDED_LE_MAX : second, extended: true };
  if (second === 0) throw reader.error('BYTES_UNEXPECTED', 'Lc', 'an extended Lc of zero with data after it');
  const data = reader.take(second, 'data');
  if (reader.remaining === 0) return { ...head, data, extended: true };
  const le = reader.uint(2, 'Le');
  reader.end();
  return { ...head, data, le: le === 0 ? EXTENDED_LE_MAX : le, extended: true };
}

function encodeLe(le: number | undefined, extended: boolean, afterData: boolean): Uint8Array {
  if (le === undefined) return NO_DATA;
  if (!extended) return uintBE(le % SHORT_LE_MAX, 1);
  const field = uintBE(le % EXTENDED_LE_MAX, 2);
  // Without Lc before it, an extended Le is announced by a zero byte of its own (case 2E).
  return afterData ? field : concat(uintBE(0, 1), field);
}
