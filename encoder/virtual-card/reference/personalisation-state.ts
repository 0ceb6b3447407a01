import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { concat, equalBytes, uintBE } from '#encoder/bytes';
import { Scp03CardSession } from '#encoder/globalplatform';
import { tlv } from '#encoder/tlv';
import { fileAddress, sha256, type KeyRole } from '../memory.ts';
import { productionLifeCycle } from '../production-life-cycle.ts';
import { answer, DONE, status } from '../responses.ts';
import { externalAuthenticate, initializeUpdate, keyInformationOf, putKeyCommand } from '../transport-keys.ts';
import { EMRTD_AID, freshState, ISD_AID, type Chip, type Handler } from './chip.ts';
import {
  addressedBy,
  enterApplication,
  members,
  readBinary,
  READ_BYTES_MAX,
  selectApplication,
  selectFile,
  u16,
  updateBinary,
} from './file-commands.ts';
import { isComplete } from './completeness.ts';
import { generateKeyPairCommand, publicKeyTemplate } from './key-commands.ts';
import { storeData } from './store-data.ts';

/**
 * The chip before its lock. In clear it says who it is and opens SCP03, nothing else; inside SCP03 it is personalised. Its
 * command set is `docs/chip-specification.md`, §3 to §5.
 */
export class PersonalisationState {
  readonly #chip: Chip;
  #channel: Scp03CardSession | undefined;

  constructor(chip: Chip) {
    this.#chip = chip;
  }

  async process(command: ParsedCommandApdu): Promise<ResponseApdu> {
    if ((command.cla & ~0x84) !== 0) return status(StatusWord.CLA_NOT_SUPPORTED);
    if (command.ins === 0x82) {
      const { memory } = this.#chip;
      return this.#channel === undefined
        ? status(StatusWord.CONDITIONS_NOT_SATISFIED)
        : externalAuthenticate(memory, command, this.#channel);
    }
    if ((command.cla & 0x04) === 0) return this.#plain(command);
    const channel = this.#channel;
    const inner = channel?.unwrap(command);
    if (channel === undefined || inner === undefined) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
    if (inner.ins === PUT_KEY) return channel.wrap(putKeyCommand(this.#chip.memory, inner, channel));
    const handler = COMMANDS[inner.ins];
    const response = handler === undefined ? status(StatusWord.INS_NOT_SUPPORTED) : await handler(this.#chip, inner);
    return channel.wrap(response);
  }

  /** A command in clear ends a secure channel (GPC v2.3.1 §10.2.3): nobody speaks beside it. */
  #plain(command: ParsedCommandApdu): ResponseApdu {
    this.#channel?.close();
    this.#channel = undefined;
    this.#chip.volatile.personalising = false;
    this.#chip.volatile.directory = 'eMRTD';
    if (command.ins === 0x50) return this.#initializeUpdate(command);
    if (command.ins === 0xa4) return selectInClear(command);
    if (command.ins === 0xca) return getDataInClear(this.#chip, command);
    const known = command.ins === PUT_KEY || COMMANDS[command.ins] !== undefined;
    return status(known ? StatusWord.SECURITY_STATUS_NOT_SATISFIED : StatusWord.INS_NOT_SUPPORTED);
  }

  #initializeUpdate(command: ParsedCommandApdu): ResponseApdu {
    const { memory } = this.#chip;
    const { session, response } = initializeUpdate(memory, command, {
      kind: 'AES',
      begin: (keys) =>
        new Scp03CardSession(keys, {
          diversificationData: concat(new Uint8Array(2), memory.chipId),
          sequenceCounter: memory.nextSequenceCounter(),
          aid: ISD_AID,
        }),
    });
    this.#channel = session;
    this.#chip.volatile.decryptSensitive = (data) => this.#channel?.decryptSensitive(data);
    return response;
  }
}

const PUT_KEY = 0xd8;

/** Data objects of GET DATA. */
const CPLC = 0x9f7f;
const CHIP_IDENTITY = 0xdf20;
const BINDING_TAG = 0xdf22;
const PERSONALISATION_STATUS = 0xdf23;
/** Key Information Template (GPC v2.3.1 §11.3.3.1). */
const KEY_INFORMATION = 0x00e0;

const COMMANDS: Readonly<Record<number, Handler>> = {
  0x47: generateKeyPairCommand,
  0xa4: (chip, command) => (command.p1 === 0x04 ? enterApplication(chip, command) : selectFile(chip, command, () => true)),
  0xb0: readInChannel,
  0xb1: readInChannel,
  0xca: getData,
  0xd6: bound(updateBinary),
  0xd7: bound(updateBinary),
  0xe0: bound(createFile),
  0xe2: storeData,
  0xe4: bound(deleteFile),
  0xe6: installForPersonalization,
  0xfe: terminate,
};

/** SCP03 adds up to a block of padding and its MAC to what is read. */
const SCP_OVERHEAD = 32;

function readInChannel(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  return readBinary(chip, command, { mayRead: () => true, most: READ_BYTES_MAX - SCP_OVERHEAD });
}

/** No file before the chip belongs to a card. */
function bound(handler: (chip: Chip, command: ParsedCommandApdu) => ResponseApdu): Handler {
  return (chip, command) =>
    chip.memory.bindingTag === null || !chip.volatile.personalising ? status(StatusWord.CONDITIONS_NOT_SATISFIED) : handler(chip, command);
}

function selectInClear(command: ParsedCommandApdu): ResponseApdu {
  if (command.p1 !== 0x04) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
  const isd = selectApplication(command, ISD_AID);
  return isd.sw === StatusWord.SUCCESS ? isd : selectApplication(command);
}

function getDataInClear(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  const tag = (command.p1 << 8) | command.p2;
  if (tag === CPLC) return answer(tlv(CPLC, productionLifeCycle(chip.memory.chipId)));
  if (tag === CHIP_IDENTITY) {
    const phase = chip.memory.lifeCycle === 'blank' ? 0x01 : 0x03;
    return answer(tlv(CHIP_IDENTITY, Uint8Array.of(0x01, phase), chip.memory.chipId));
  }
  return tag === BINDING_TAG || tag === PERSONALISATION_STATUS
    ? status(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    : status(StatusWord.REFERENCED_DATA_NOT_FOUND);
}

function getData(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  const tag = (command.p1 << 8) | command.p2;
  if (tag === PERSONALISATION_STATUS) return answer(tlv(PERSONALISATION_STATUS, personalisationStatus(chip)));
  if (tag === KEY_INFORMATION) return answer(keyInformationOf(chip.memory, 'AES'));
  if (tag !== BINDING_TAG) return getDataInClear(chip, command);
  const { bindingTag } = chip.memory;
  return bindingTag === null ? status(StatusWord.REFERENCED_DATA_NOT_FOUND) : answer(tlv(BINDING_TAG, bindingTag));
}

/** 80 life cycle, 81 binding tag, 82 secrets set, 86 trust point set, A3 and A4 public keys, A5 one for each file: 80 FID, 81 size, 82 written, 83 SHA-256, 84 in the master file. */
function personalisationStatus(chip: Chip): Uint8Array {
  const { memory } = chip;
  const key = (role: KeyRole, tag: number): Uint8Array => {
    const held = memory.key(role);
    return held === undefined ? new Uint8Array(0) : tlv(tag, publicKeyTemplate(held));
  };
  const secrets = memory.secret('mrz') !== undefined && memory.secret('can') !== undefined;
  return concat(
    tlv(0x80, Uint8Array.of(memory.lifeCycle === 'blank' ? 0x01 : 0x03)),
    memory.bindingTag === null ? new Uint8Array(0) : tlv(0x81, memory.bindingTag),
    tlv(0x82, Uint8Array.of(secrets ? 1 : 0)),
    memory.trustPoints === undefined ? new Uint8Array(0) : tlv(0x86, Uint8Array.of(0x01)),
    key('activeAuthentication', 0xa3),
    key('chipAuthentication', 0xa4),
    ...memory
      .files()
      .map((file) =>
        tlv(
          0xa5,
          tlv(0x80, uintBE(file.fid, 2)),
          tlv(0x81, uintBE(file.content.length, 2)),
          tlv(0x82, uintBE(file.written, 2)),
          tlv(0x83, sha256(file.content.subarray(0, file.written))),
          file.directory === 'MF' ? tlv(0x84, Uint8Array.of(0x00)) : new Uint8Array(0),
        ),
      ),
  );
}

/** INSTALL [for personalization] (GPC v2.3.1 §11.5.2.3.6): only for the eMRTD application. */
function installForPersonalization(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  if (command.p1 !== 0x20 || command.p2 !== 0) return status(StatusWord.INCORRECT_P1_P2);
  const expected = concat(Uint8Array.of(0, 0, EMRTD_AID.length), EMRTD_AID, new Uint8Array(3));
  if (!equalBytes(command.data, expected)) return status(StatusWord.REFERENCED_DATA_NOT_FOUND);
  chip.volatile.personalising = true;
  chip.volatile.storeData = freshState().storeData;
  return DONE;
}

/**
 * CREATE FILE (ISO/IEC 7816-9 §9.2.2): FCP 62 with 80 size, 82 = 01 (transparent), 83 FID, and 85 = 00 for a file of the master file.
 * The new EF is current.
 */
function createFile(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  const parameters = members(members(command.data)?.get(0x62) ?? new Uint8Array(0));
  const [size, descriptor, fid, place] = [0x80, 0x82, 0x83, 0x85].map((tag) => parameters?.get(tag));
  if (size?.length !== 2 || fid?.length !== 2 || descriptor?.[0] !== 0x01 || u16(size) === 0) return status(StatusWord.WRONG_DATA);
  if (place !== undefined && (place.length !== 1 || place[0] !== 0x00)) return status(StatusWord.WRONG_DATA);
  const directory = place === undefined ? 'eMRTD' : 'MF';
  if (!FIRST_BYTES[directory].some((first) => first === fid[0])) return status(StatusWord.WRONG_DATA);
  const address = fileAddress(directory, u16(fid));
  if (chip.memory.file(address) !== undefined) return status(StatusWord.FILE_EXISTS);
  if (u16(size) > chip.memory.freeBytes) return status(StatusWord.NOT_ENOUGH_MEMORY);
  chip.memory.createFile(address, u16(size));
  chip.volatile.directory = directory;
  chip.volatile.currentFile = address;
  return DONE;
}

/** Doc 9303-10 §3.11, table 34: EFs have identifiers 01xx, those of ISO/IEC 7816-4 in the master file 2Fxx. */
const FIRST_BYTES = { eMRTD: [0x01], MF: [0x01, 0x2f] } as const satisfies Record<'MF' | 'eMRTD', readonly number[]>;

function deleteFile(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  if (command.data.length !== 2) return status(StatusWord.WRONG_LENGTH);
  const address = addressedBy(chip, command);
  if (chip.memory.file(address) === undefined) return status(StatusWord.FILE_NOT_FOUND);
  chip.memory.deleteFile(address);
  chip.volatile.currentFile = undefined;
  return DONE;
}

/** TERMINATE CARD USAGE (ISO/IEC 7816-9 §9.3.6) of the personalisation: only a complete chip can be locked, and never again opened. */
function terminate({ memory }: Chip, command: ParsedCommandApdu): ResponseApdu {
  if (command.p1 !== 0 || command.p2 !== 0) return status(StatusWord.INCORRECT_P1_P2);
  if (!isComplete(memory)) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  if (memory.defect?.kind !== 'lockLies') memory.lock();
  return DONE;
}
