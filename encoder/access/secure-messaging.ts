import {
  type ApduChannel,
  type CommandApdu,
  EXTENDED_LE_MAX,
  isExtended,
  type ParsedCommandApdu,
  type ResponseApdu,
  SHORT_DATA_MAX,
  SHORT_LE_MAX,
  StatusWord,
  statusName,
} from '#encoder/apdu';
import { concat, DecodeError, equalConstantTime, uintBE } from '#encoder/bytes';
import { decodeTlvs, tlv, type Tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import { pad2, unpad2 } from './cipher.ts';
import type { CipherSuite, SessionKeys } from './cipher-suite.ts';

/** ISO/IEC 7816-4 secure messaging, header included in the MAC: bits 4 and 3 of the class byte. */
const SM_CLASS = 0x0c;
const DO_CRYPTOGRAM_ODD = 0x85;
const DO_CRYPTOGRAM = 0x87;
const DO_LE = 0x97;
const DO_STATUS = 0x99;
const DO_MAC = 0x8e;
/** Padding-content indicator of DO'87': padded by ISO/IEC 9797-1 method 2. */
const PADDING_INDICATOR = 0x01;

/**
 * Session keys and send sequence counter of one secure messaging session, the same at both ends (Doc 9303-11 §9.8).
 * Takes the keys over: `destroy` wipes them.
 */
export class SmSession {
  readonly suite: CipherSuite;
  readonly #keys: SessionKeys;
  readonly #ssc: Uint8Array;

  /** `ssc`: RND.IC and RND.IFD halves after BAC (§9.8.6.3); absent, which is all zero, in all other cases (§9.8.7.3). */
  constructor(suite: CipherSuite, keys: SessionKeys, ssc?: Uint8Array) {
    this.suite = suite;
    this.#keys = keys;
    this.#ssc = ssc === undefined ? new Uint8Array(suite.block) : Uint8Array.from(ssc);
  }

  /** Terminal side. */
  wrapCommand(command: CommandApdu): CommandApdu {
    this.#count();
    const cla = command.cla | SM_CLASS;
    const plain = command.data ?? new Uint8Array(0);
    const cryptogram = plain.length === 0 ? plain : this.#cryptogram(plain, command.ins);
    const le = command.le === undefined ? new Uint8Array(0) : tlv(DO_LE, leField(command.le));
    const header = Uint8Array.of(cla, command.ins, command.p1, command.p2);
    const mac = tlv(DO_MAC, this.#mac(concat(pad2(header, this.suite.block), cryptogram, le)));
    const data = concat(cryptogram, le, mac);
    const extended = isExtended(command) || data.length > SHORT_DATA_MAX;
    return { cla, ins: command.ins, p1: command.p1, p2: command.p2, data, le: extended ? EXTENDED_LE_MAX : SHORT_LE_MAX, extended };
  }

  /** Terminal side. Throws `AccessError`; the session is over then. */
  unwrapResponse(response: ResponseApdu, ins: number): ResponseApdu {
    this.#count();
    if (response.data.length === 0) {
      throw new AccessError('ACCESS_SM_ABORTED', { where: operation(ins), detail: statusName(response.sw) });
    }
    const objects = readObjects(response.data, [ins & 1 ? DO_CRYPTOGRAM_ODD : DO_CRYPTOGRAM, DO_STATUS, DO_MAC]);
    const mac = objects?.get(DO_MAC);
    const status = objects?.get(DO_STATUS);
    if (objects === undefined || mac === undefined || (status !== undefined && status.value.length !== 2)) {
      throw new AccessError('ACCESS_SM_INVALID', { where: operation(ins), detail: 'data objects' });
    }
    if (!equalConstantTime(this.#mac(response.data.slice(0, -mac.bytes.length)), mac.value)) {
      throw new AccessError('ACCESS_SM_INVALID', { where: operation(ins), detail: 'DO 8E' });
    }
    const cryptogram = objects.get(DO_CRYPTOGRAM) ?? objects.get(DO_CRYPTOGRAM_ODD);
    const data = cryptogram === undefined ? new Uint8Array(0) : this.#decrypt(cryptogram);
    // Without DO'99' the status word would be whatever the wire says.
    if (data === undefined || status === undefined) {
      throw new AccessError('ACCESS_SM_INVALID', { where: operation(ins), detail: data === undefined ? 'padding' : 'DO 99 missing' });
    }
    return { data, sw: ((status.value[0] ?? 0) << 8) | (status.value[1] ?? 0) };
  }

  /**
   * Card side: the plain command, or the bare status word of an SM error (6987 objects missing, 6988 objects incorrect),
   * after which the chip ends the session (ISO/IEC 7816-4 §10; Doc 9303-11 §9.8.1).
   */
  unwrapCommand(
    command: ParsedCommandApdu,
  ): ParsedCommandApdu | typeof StatusWord.SM_OBJECTS_MISSING | typeof StatusWord.SM_OBJECTS_INCORRECT {
    this.#count();
    const objects = readObjects(command.data, [command.ins & 1 ? DO_CRYPTOGRAM_ODD : DO_CRYPTOGRAM, DO_LE, DO_MAC]);
    if (objects === undefined) return StatusWord.SM_OBJECTS_INCORRECT;
    const mac = objects.get(DO_MAC);
    if ((command.cla & SM_CLASS) !== SM_CLASS || mac === undefined) return StatusWord.SM_OBJECTS_MISSING;
    const header = Uint8Array.of(command.cla, command.ins, command.p1, command.p2);
    const covered = command.data.slice(0, -mac.bytes.length);
    const expected = this.#mac(concat(pad2(header, this.suite.block), covered));
    if (!equalConstantTime(expected, mac.value)) return StatusWord.SM_OBJECTS_INCORRECT;
    const cryptogram = objects.get(DO_CRYPTOGRAM) ?? objects.get(DO_CRYPTOGRAM_ODD);
    const data = cryptogram === undefined ? new Uint8Array(0) : this.#decrypt(cryptogram);
    const le = leValue(objects.get(DO_LE)?.value);
    if (data === undefined || le === 'invalid') return StatusWord.SM_OBJECTS_INCORRECT;
    const { ins, p1, p2, extended } = command;
    return { cla: command.cla & ~SM_CLASS, ins, p1, p2, data, extended, ...(le === undefined ? {} : { le }) };
  }

  /** Card side: the response to the command unwrapped last, errors too: DO'99' and DO'8E' always, DO'87' (or '85') with data. */
  wrapResponse(response: ResponseApdu, ins: number): ResponseApdu {
    this.#count();
    const cryptogram = response.data.length === 0 ? response.data : this.#cryptogram(response.data, ins);
    const covered = concat(cryptogram, tlv(DO_STATUS, uintBE(response.sw, 2)));
    return { data: concat(covered, tlv(DO_MAC, this.#mac(covered))), sw: response.sw };
  }

  destroy(): void {
    this.#keys.enc.destroy();
    this.#keys.mac.destroy();
    this.#ssc.fill(0);
  }

  #count(): void {
    for (let i = this.#ssc.length - 1; i >= 0; i -= 1) {
      const next = ((this.#ssc[i] ?? 0) + 1) & 0xff;
      this.#ssc[i] = next;
      if (next !== 0) return;
    }
  }

  #cryptogram(plain: Uint8Array, ins: number): Uint8Array {
    const encrypted = this.suite.encrypt(this.#keys.enc.reveal(), this.#ssc, pad2(plain, this.suite.block));
    return ins & 1 ? tlv(DO_CRYPTOGRAM_ODD, encrypted) : tlv(DO_CRYPTOGRAM, Uint8Array.of(PADDING_INDICATOR), encrypted);
  }

  #decrypt({ tag, value }: Tlv): Uint8Array | undefined {
    if (tag === DO_CRYPTOGRAM && value[0] !== PADDING_INDICATOR) return undefined;
    const blocks = tag === DO_CRYPTOGRAM ? value.slice(1) : value;
    if (blocks.length === 0 || blocks.length % this.suite.block !== 0) return undefined;
    return unpad2(this.suite.decrypt(this.#keys.enc.reveal(), this.#ssc, blocks));
  }

  /** MAC over the counter and the message, padded (Doc 9303-11 §9.8.6.2, §9.8.7.2). */
  #mac(message: Uint8Array): Uint8Array {
    return this.suite.macPadded(this.#keys.mac.reveal(), concat(this.#ssc, message));
  }
}

/** A channel over which commands go protected. `rekey` is Chip Authentication's, and PACE's inside it: it goes on under other keys. */
export interface SmChannel extends ApduChannel {
  /** Of the present keys, or of the last ones once it is closed. */
  readonly suite: CipherSuite;
  rekey(session: SmSession): void;
  close(): void;
}

/**
 * Puts secure messaging on a channel, terminal side. Any failure of it closes the channel and wipes the keys: the counter of
 * the chip is unknown then. Errors: `AccessError` ACCESS_SM_INVALID, ACCESS_SM_ABORTED, ACCESS_CLOSED; the channel's own.
 */
export function secureMessaging(channel: ApduChannel, first: SmSession): SmChannel {
  let session: SmSession | undefined = first;
  const close = (): void => {
    session?.destroy();
    session = undefined;
  };
  return {
    get suite() {
      return session?.suite ?? first.suite;
    },
    close,
    rekey(next) {
      if (session === undefined) throw new AccessError('ACCESS_CLOSED');
      session.destroy();
      session = next;
    },
    async send(command) {
      if (session === undefined) throw new AccessError('ACCESS_CLOSED', { where: operation(command.ins) });
      try {
        return session.unwrapResponse(await channel.send(session.wrapCommand(command)), command.ins);
      } catch (error) {
        close();
        throw error;
      }
    },
  };
}

export function isSmChannel(channel: ApduChannel): channel is SmChannel {
  return 'rekey' in channel;
}

interface SmObject extends Tlv {
  /** The whole data object. */
  readonly bytes: Uint8Array;
}

/** The data objects, each once, only those allowed and in their order, DO'8E' of 8 bytes last; undefined otherwise. */
function readObjects(data: Uint8Array, allowed: readonly number[]): ReadonlyMap<number, SmObject> | undefined {
  try {
    const found = new Map<number, SmObject>();
    let last = -1;
    let at = 0;
    for (const object of decodeTlvs(data, 'SM')) {
      const position = allowed.indexOf(object.tag);
      if (position <= last) return undefined;
      last = position;
      const end = (object.offset ?? 0) + object.value.length;
      found.set(object.tag, { ...object, bytes: data.subarray(at, end) });
      at = end;
    }
    const mac = found.get(DO_MAC);
    return mac !== undefined && mac.value.length !== 8 ? undefined : found;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function leField(le: number): Uint8Array {
  return le <= SHORT_LE_MAX ? uintBE(le % SHORT_LE_MAX, 1) : uintBE(le % EXTENDED_LE_MAX, 2);
}

function leValue(field: Uint8Array | undefined): number | undefined | 'invalid' {
  if (field === undefined) return undefined;
  if (field.length === 1) return (field[0] ?? 0) || SHORT_LE_MAX;
  if (field.length === 2) return ((field[0] ?? 0) << 8) | (field[1] ?? 0) || EXTENDED_LE_MAX;
  return 'invalid';
}

function operation(ins: number): string {
  return `INS ${ins.toString(16).toUpperCase().padStart(2, '0')}`;
}
