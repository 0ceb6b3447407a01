import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { concat, equalBytes } from '#encoder/bytes';
import { Scp02CardSession, Scp03CardSession, type ScpKeys, StoreDataSequence } from '#encoder/globalplatform';
import { tlv } from '#encoder/tlv';
import type { ChipHardware } from '../chip-program.ts';
import { productionLifeCycle } from '../production-life-cycle.ts';
import { EMRTD_AID, ISD_AID } from '../reference/chip.ts';
import { answer, DONE, status } from '../responses.ts';
import { externalAuthenticate, initializeUpdate, putKeyCommand, type ChipSession as Channel } from '../transport-keys.ts';
import { cpsConfiguration, type CpsConfiguration } from './configuration.ts';
import { applySequence } from './groupings.ts';

/** What SCP02 can count to (GPC v2.3.1 §E.1.2.2). */
const SCP02_SESSIONS_MAX = 0xffff;
/** Card image number (GPC v2.3.1 §7.4.1.2) and card production life cycle data. */
const CARD_IMAGE_NUMBER = 0x0045;
const CPLC = 0x9f7f;
/** The buffer of one sequence: one record of the memory holds it. */
const SEQUENCE_BYTES_MAX = 61_440;
/** P1 bits 5-4 of STORE DATA. */
const STRUCTURE = { mask: 0x18, dgi: 0x08 } as const;

/** Commands of the channel. */
const INS = {
  externalAuthenticate: 0x82,
  initializeUpdate: 0x50,
  select: 0xa4,
  getData: 0xca,
  putKey: 0xd8,
  storeData: 0xe2,
  install: 0xe6,
} as const;

/** A CPS chip before its lock: `docs/chip-specification.md` §8.2. */
export class CpsPersonalisation {
  readonly #hardware: ChipHardware;
  readonly #configuration: CpsConfiguration;
  #channel: Channel | undefined;
  #personalising = false;
  #sequence: StoreDataSequence | undefined;

  constructor(hardware: ChipHardware) {
    this.#hardware = hardware;
    this.#configuration = cpsConfiguration(hardware.memory.personality.cps);
  }

  process(command: ParsedCommandApdu): ResponseApdu {
    if ((command.cla & ~0x84) !== 0) return status(StatusWord.CLA_NOT_SUPPORTED);
    if (command.extended) return status(StatusWord.WRONG_LENGTH);
    if (command.ins === INS.externalAuthenticate) {
      return this.#channel === undefined
        ? status(StatusWord.CONDITIONS_NOT_SATISFIED)
        : externalAuthenticate(this.#hardware.memory, command, this.#channel);
    }
    if ((command.cla & 0x04) === 0) return this.#inClear(command);
    const channel = this.#channel;
    const plain = channel?.unwrap(command);
    if (channel === undefined || plain === undefined) {
      this.#endSession();
      return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
    }
    return channel.wrap(this.#inChannel(plain, channel));
  }

  /** A command in clear ends a secure channel (GPC v2.3.1 §10.2.3). */
  #inClear(command: ParsedCommandApdu): ResponseApdu {
    this.#endSession();
    switch (command.ins) {
      case INS.select:
        return select(command);
      case INS.getData:
        return this.#getData(command) ?? status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
      case INS.initializeUpdate:
        return this.#initializeUpdate(command);
      case INS.putKey:
      case INS.storeData:
      case INS.install:
        return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
      default:
        return status(StatusWord.INS_NOT_SUPPORTED);
    }
  }

  #inChannel(command: ParsedCommandApdu, channel: Channel): ResponseApdu {
    switch (command.ins) {
      case INS.install:
        return this.#installForPersonalization(command);
      case INS.storeData:
        return this.#storeData(command, channel);
      case INS.putKey:
        return putKeyCommand(this.#hardware.memory, command, channel);
      case INS.getData:
        return this.#getData(command) ?? this.#getBindingTag();
      default:
        return status(StatusWord.INS_NOT_SUPPORTED);
    }
  }

  #initializeUpdate(command: ParsedCommandApdu): ResponseApdu {
    const { scp } = this.#configuration;
    const { session, response } = initializeUpdate<Channel>(this.#hardware.memory, command, {
      kind: scp === 'SCP03' ? 'AES' : '3DES',
      begin: (keys) => this.#session(keys),
    });
    this.#channel = session;
    return response;
  }

  /** Undefined when the chip has counted to its end. */
  #session(keys: ScpKeys): Channel | undefined {
    const { memory, random } = this.#hardware;
    const { scp } = this.#configuration;
    const sequenceCounter = memory.nextSequenceCounter();
    const diversificationData = concat(new Uint8Array(2), memory.chipId);
    if (scp === 'SCP03') return new Scp03CardSession(keys, { diversificationData, sequenceCounter, aid: ISD_AID });
    if (sequenceCounter.reduce((value, byte) => value * 256 + byte, 0) > SCP02_SESSIONS_MAX) return undefined;
    const challenge = scp === 'SCP02-55' ? { aid: ISD_AID } : { random: random(6) };
    return new Scp02CardSession(keys, { diversificationData, sequenceCounter: sequenceCounter.slice(1), challenge });
  }

  /** GPC v2.3.1 §11.5.2.3.6, for the eMRTD application alone. */
  #installForPersonalization(command: ParsedCommandApdu): ResponseApdu {
    if (command.p1 !== 0x20 || command.p2 !== 0) return status(StatusWord.INCORRECT_P1_P2);
    const expected = concat(Uint8Array.of(0, 0, EMRTD_AID.length), EMRTD_AID, new Uint8Array(3));
    if (!equalBytes(command.data, expected)) return status(StatusWord.REFERENCED_DATA_NOT_FOUND);
    this.#personalising = true;
    this.#sequence = undefined;
    return DONE;
  }

  /** GPC v2.3.1 §11.11, EMV CPS 1.1 §4.3. The first block says whether P1 names the structure, as GPC has it, or leaves it out, as EMV. */
  #storeData(command: ParsedCommandApdu, channel: Channel): ResponseApdu {
    if (!this.#personalising) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
    if (command.p2 === 0) {
      const structure = (command.p1 & STRUCTURE.mask) === STRUCTURE.dgi ? 'dgi' : 'none';
      this.#sequence = new StoreDataSequence(SEQUENCE_BYTES_MAX, structure);
    }
    const outcome = this.#sequence?.take(command) ?? { sw: StatusWord.INCORRECT_P1_P2 };
    if (outcome.groupings === undefined) return status(outcome.sw);
    return applySequence(this.#hardware.memory, {
      configuration: this.#configuration,
      groupings: outcome.groupings,
      decrypt: (data) => channel.decryptSensitive(data),
    });
  }

  /** What is said to everybody; undefined for another object. */
  #getData({ p1, p2 }: ParsedCommandApdu): ResponseApdu | undefined {
    const { chipId } = this.#hardware.memory;
    const tag = (p1 << 8) | p2;
    if (tag === CPLC) return answer(tlv(CPLC, productionLifeCycle(chipId)));
    if (tag === CARD_IMAGE_NUMBER) return answer(tlv(CARD_IMAGE_NUMBER, chipId));
    return tag === this.#bindingTagObject ? undefined : status(StatusWord.REFERENCED_DATA_NOT_FOUND);
  }

  #getBindingTag(): ResponseApdu {
    const { bindingTag } = this.#hardware.memory;
    return bindingTag === null ? status(StatusWord.REFERENCED_DATA_NOT_FOUND) : answer(tlv(this.#bindingTagObject, bindingTag));
  }

  get #bindingTagObject(): number {
    return Number.parseInt(this.#configuration.bindingTagObject, 16);
  }

  #endSession(): void {
    this.#channel?.close();
    this.#channel = undefined;
    this.#personalising = false;
    this.#sequence = undefined;
  }
}

function select(command: ParsedCommandApdu): ResponseApdu {
  if (command.p1 !== 0x04) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
  const aid = [ISD_AID, EMRTD_AID].find((known) => equalBytes(known, command.data));
  if (aid === undefined) return status(StatusWord.FILE_NOT_FOUND);
  return command.p2 === 0x0c ? DONE : answer(tlv(0x6f, tlv(0x84, aid)));
}
