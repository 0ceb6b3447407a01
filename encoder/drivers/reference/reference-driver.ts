import { randomBytes } from 'node:crypto';
import { expectSuccess, isSuccess, openChannel, StatusWord, type ApduChannel, type CommandApdu } from '#encoder/apdu';
import { ByteReader, DecodeError, ascii, concat, toHex, uintBE } from '#encoder/bytes';
import {
  encryptGrouping,
  installForPersonalization,
  KEY_VERSIONS,
  openScp03,
  storeData,
  type DataGrouping,
  type KeyOwner,
  type SecureChannel,
} from '#encoder/globalplatform';
import type { CardConnection } from '#encoder/readers';
import { enter, tlv } from '#encoder/tlv';
import { checkSecrets } from '../access-secrets.ts';
import { checkAnswerToReset } from '../answer-to-reset.ts';
import { checkTag } from '../binding-tag.ts';
import type { AccessSecrets, CardDriver, ChipIdentity, ChipStatus, DriverCapabilities, TrustPoint } from '../card-driver.ts';
import { chipChannel } from '../chip-channel.ts';
import type { ChipKeyAlgorithm, ChipKeyAlgorithms, ChipPublicKeys } from '../chip-keys.ts';
import { DriverError } from '../driver-error.ts';
import { nameOfFile, sameFile, type FileId } from '../file-id.ts';
import { checkLock, type LockProbe } from '../lock-proof.ts';
import type { TransportKeys, TransportKeySets } from '../transport-keys.ts';
import { unpackedDate } from '../unpacked-date.ts';
import { CHIP_KEYS, chipKey } from './chip-keys.ts';
import { decodeStatus } from './status.ts';

export interface ReferenceDriverOptions {
  /** Largest command APDU to send, for readers that carry less than the chip. */
  readonly commandBytesMax?: number;
  /** Answers to reset that the lot of chips may have; absent: any. */
  readonly answersToReset?: readonly Uint8Array[];
  /** Randomness of the terminal's challenges. */
  readonly random?: (length: number) => Uint8Array;
}

const FAMILY = 'cardmint-reference-1';
const PACE_PROTOCOLS = ['id-PACE-ECDH-GM', 'id-PACE-ECDH-IM', 'id-PACE-ECDH-CAM', 'id-PACE-DH-GM', 'id-PACE-DH-IM'] as const;
const EMRTD_AID = Uint8Array.of(0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01);
const SELECT_EMRTD: CommandApdu = { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x0c, data: EMRTD_AID };
const APDU_BYTES_MAX = 65_535;
/** Header and extended Lc; secure channel: at least one padding byte up to a block, and the MAC (S8). */
const HEADER_BYTES = 7;
const MAC_BYTES = 8;
const BLOCK_BYTES = 16;
const SHORT_OFFSET_MAX = 0x7fff;
/** Data objects 54 02 xx xx and 53 82 xx xx around the content of an UPDATE BINARY with odd instruction. */
const ODD_OVERHEAD = 8;

/**
 * The driver of Cardmint's own chip profile, `docs/chip-specification.md`. SCP03 with AES-128, everything protected both ways
 * (security level 33); extended length; keys made on the chip.
 */
export function referenceDriver(connection: CardConnection, options: ReferenceDriverOptions = {}): CardDriver {
  const random = options.random ?? ((length: number) => Uint8Array.from(randomBytes(length)));
  const clear = openChannel(connection);
  let selected: FileId | undefined;
  /** A new channel begins in the application; the master file's files are reached by path from anywhere (`pathOf`). */
  let directory: FileId['directory'] = 'eMRTD';

  const secure = chipChannel({
    connect: (offered) => openScp03(connection, offered, { hostChallenge: random(8), securityLevel: 0x33 }),
    begin: async (channel) => {
      selected = undefined;
      directory = 'eMRTD';
      expectSuccess(await channel.send(installForPersonalization(EMRTD_AID)), 'INSTALL [for personalization]');
    },
  });
  const ask = async (operation: string, command: CommandApdu): Promise<Uint8Array> =>
    expectSuccess(await secure.get(operation).send(command), operation);
  const store = async (operation: string, groupings: readonly DataGrouping[], encrypted: boolean): Promise<void> => {
    for (const command of storeData(groupings, { encrypted })) await ask(operation, command);
  };
  const capabilities = referenceCapabilities(options.commandBytesMax);

  /** Files of the application are found under the current directory alone: whoever comes from the master file goes back first. */
  const enterApplicationFor = async (file: FileId): Promise<void> => {
    if (file.directory === 'MF' || directory === 'eMRTD') return;
    await ask('SELECT eMRTD', SELECT_EMRTD);
    directory = 'eMRTD';
    selected = undefined;
  };
  const select = async (file: FileId): Promise<void> => {
    if (selected !== undefined && sameFile(selected, file)) return;
    await enterApplicationFor(file);
    await ask(`SELECT ${nameOfFile(file)}`, { cla: 0x00, ins: 0xa4, p1: pathOf(file), p2: 0x0c, data: uintBE(file.fid, 2) });
    selected = file;
    directory = file.directory;
  };

  return {
    family: FAMILY,
    capabilities,

    async identify(): Promise<ChipIdentity> {
      checkAnswerToReset(connection.atr, options.answersToReset);
      return identify(clear);
    },

    async open(keys: TransportKeySets | null): Promise<KeyOwner> {
      if (keys === null) throw new DriverError('DRIVER_CANNOT', 'open', { detail: 'transport keys are needed' });
      checkAnswerToReset(connection.atr, options.answersToReset);
      return secure.open(keys);
    },

    replaceKeys: (own: TransportKeys) => secure.replaceKeys(own),

    async status(): Promise<ChipStatus> {
      return decodeStatus(await ask('GET DATA personalisation status', { ...getData(0xdf23), le: 65_536, extended: true }));
    },

    async readBindingTag(): Promise<Uint8Array | null> {
      const response = await secure.get('GET DATA binding tag').send(getData(0xdf22));
      if (response.sw === 0x6a88) return null;
      const object = expectSuccess(response, 'GET DATA binding tag');
      return formed('GET DATA binding tag', () => enter(new ByteReader(object, 'DF22'), 0xdf22).rest());
    },

    async writeBindingTag(tag: Uint8Array): Promise<void> {
      checkTag(tag, 'STORE DATA binding tag');
      await store('STORE DATA binding tag', [{ dgi: 0xa003, data: tag }], false);
    },

    async generateKeys(algorithms: ChipKeyAlgorithms): Promise<ChipPublicKeys> {
      const make = async (role: keyof ChipKeyAlgorithms): Promise<Uint8Array | null> => {
        const algorithm = algorithms[role];
        if (algorithm === null) return null;
        const operation = `GENERATE ASYMMETRIC KEY PAIR ${role}`;
        const key = chipKey(role, algorithm);
        if (key === undefined) throw new DriverError('DRIVER_CANNOT', operation, { detail: algorithm });
        const answered = await ask(operation, {
          cla: 0x00,
          ins: 0x47,
          p1: 0x80,
          p2: 0x00,
          data: key.request,
          le: 65_536,
          extended: true,
        });
        return formed(operation, () => key.read(answered, operation));
      };
      return { activeAuthentication: await make('activeAuthentication'), chipAuthentication: await make('chipAuthentication') };
    },

    async setAccessSecrets(secrets: AccessSecrets): Promise<void> {
      checkSecrets(secrets, 'STORE DATA secrets');
      const channel = secure.get('STORE DATA secrets');
      const contents = [
        { dgi: 0xa001, data: ascii(secrets.mrzInformation) },
        { dgi: 0xa002, data: ascii(secrets.can) },
      ];
      // The chip always takes padding off: MRZ information of 32 or 48 characters needs some too.
      const groupings = contents.map((content) => encryptGrouping(channel, content, 'always'));
      for (const { data } of contents) data.fill(0);
      await store('STORE DATA secrets', groupings, true);
    },

    async setTrustPoint({ certificate, date }: TrustPoint): Promise<void> {
      const operation = 'STORE DATA trust point';
      const groupings = [
        { dgi: 0xa004, data: certificate },
        { dgi: 0xa005, data: unpackedDate(date, operation) },
      ];
      await store(operation, groupings, false);
    },

    async createFile(file: FileId, size: number): Promise<void> {
      const parameters = [
        tlv(0x80, uintBE(size, 2)),
        tlv(0x82, Uint8Array.of(0x01)),
        tlv(0x83, uintBE(file.fid, 2)),
        ...(file.directory === 'MF' ? [tlv(0x85, Uint8Array.of(0x00))] : []),
      ];
      await ask(`CREATE FILE ${nameOfFile(file)}`, { cla: 0x00, ins: 0xe0, p1: 0x00, p2: 0x00, data: tlv(0x62, ...parameters) });
      selected = file;
      directory = file.directory;
    },

    async deleteFile(file: FileId): Promise<void> {
      selected = undefined;
      await enterApplicationFor(file);
      await ask(`DELETE FILE ${nameOfFile(file)}`, { cla: 0x00, ins: 0xe4, p1: pathOf(file), p2: 0x00, data: uintBE(file.fid, 2) });
    },

    async writeFile(file: FileId, offset: number, bytes: Uint8Array): Promise<void> {
      const operation = `UPDATE BINARY ${nameOfFile(file)} @${offset}`;
      if (bytes.length > capabilities.writeBytesMax) {
        throw new DriverError('DRIVER_CANNOT', operation, { detail: `${bytes.length} bytes, at most ${capabilities.writeBytesMax}` });
      }
      await select(file);
      await ask(operation, updateBinary(offset, bytes));
    },

    async readFile(file: FileId, offset: number, length: number): Promise<Uint8Array> {
      await select(file);
      return readWhole(ask, { file, offset, length, most: capabilities.writeBytesMax });
    },

    async lock(): Promise<void> {
      await ask('TERMINATE CARD USAGE', { cla: 0x00, ins: 0xfe, p1: 0x00, p2: 0x00 });
    },

    async proveLock(): Promise<void> {
      await proveLock(clear, secure.held);
      // The session keys have no more use.
      secure.close();
    },
  };
}

/** `commandBytesMax`: see `ReferenceDriverOptions`. */
export function referenceCapabilities(commandBytesMax = APDU_BYTES_MAX): DriverCapabilities {
  const room = commandBytesMax - HEADER_BYTES - MAC_BYTES;
  return {
    transport: 'SCP03',
    makerKeyVersion: KEY_VERSIONS.maker,
    extendedLength: true,
    commandBytesMax,
    responseBytesMax: APDU_BYTES_MAX,
    writeBytesMax: Math.floor(room / BLOCK_BYTES) * BLOCK_BYTES - 1 - ODD_OVERHEAD,
    fileBytesMax: 0xffff,
    directories: ['MF', 'eMRTD'],
    files: null,
    onChipKeyGeneration: true,
    accessControl: ['BAC', ...PACE_PROTOCOLS],
    terminalAuthentication: true,
    activeAuthentication: Object.keys(CHIP_KEYS.activeAuthentication) as ChipKeyAlgorithm[],
    chipAuthentication: Object.keys(CHIP_KEYS.chipAuthentication) as ChipKeyAlgorithm[],
    resumes: 'byte',
    readsBack: true,
  };
}

async function identify(clear: ApduChannel): Promise<ChipIdentity> {
  const response = await clear.send(getData(0xdf20));
  if (isSuccess(response)) {
    const object = formed('GET DATA chip identity', () => enter(new ByteReader(response.data, 'DF20'), 0xdf20).rest());
    if (object.length !== 10 || object[0] !== 0x01) throw new DriverError('CHIP_UNKNOWN', 'GET DATA chip identity');
    return { family: FAMILY, lifeCycle: object[1] === 0x01 ? 'blank' : 'personalising', chipId: toHex(object.slice(2)) };
  }
  // A locked chip keeps its id to itself, so that nobody can follow it about (Doc 9303-11 §4.2): it is known by what it still answers.
  const application = await clear.send(SELECT_EMRTD);
  if (response.sw !== 0x6985 || !isSuccess(application)) throw new DriverError('CHIP_UNKNOWN', 'GET DATA chip identity');
  return { family: FAMILY, lifeCycle: 'locked', chipId: null };
}

function getData(tag: number): CommandApdu {
  return { cla: 0x00, ins: 0xca, p1: tag >> 8, p2: tag & 0xff, le: 256 };
}

/** The 15 bits of P1-P2 carry offsets below 32,768; above, INS D7 with an offset data object (ISO/IEC 7816-4 §11.2.5). */
function updateBinary(offset: number, bytes: Uint8Array): CommandApdu {
  if (offset <= SHORT_OFFSET_MAX) return { cla: 0x00, ins: 0xd6, p1: offset >> 8, p2: offset & 0xff, data: bytes };
  return { cla: 0x00, ins: 0xd7, p1: 0x00, p2: 0x00, data: concat(tlv(0x54, uintBE(offset, 2)), tlv(0x53, bytes)) };
}

async function readWhole(
  ask: (operation: string, command: CommandApdu) => Promise<Uint8Array>,
  range: { readonly file: FileId; readonly offset: number; readonly length: number; readonly most: number },
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let at = range.offset;
  const end = range.offset + range.length;
  while (at < end) {
    const operation = `READ BINARY ${nameOfFile(range.file)} @${at}`;
    const le = Math.min(end - at, range.most);
    const part =
      at <= SHORT_OFFSET_MAX
        ? await ask(operation, { cla: 0x00, ins: 0xb0, p1: at >> 8, p2: at & 0xff, le, extended: true })
        : await readOdd(ask, operation, { at, le });
    if (part.length === 0 || part.length > le) throw new DriverError('CHIP_ANSWER_INVALID', operation, { detail: `${part.length} bytes` });
    parts.push(part);
    at += part.length;
  }
  return concat(...parts);
}

async function readOdd(
  ask: (operation: string, command: CommandApdu) => Promise<Uint8Array>,
  operation: string,
  range: { readonly at: number; readonly le: number },
): Promise<Uint8Array> {
  const data = tlv(0x54, uintBE(range.at, 2));
  const object = await ask(operation, { cla: 0x00, ins: 0xb1, p1: 0x00, p2: 0x00, data, le: range.le + 4, extended: true });
  return formed(operation, () => enter(new ByteReader(object, operation), 0x53).rest());
}

/**
 * What a locked chip must refuse: the identity of blanks, a new secure channel, a file, and the old secure channel if we have it, which is
 * under the plant's keys. The new one is asked for with the version of its maker's keys: a chip that only has no such set, but would begin a
 * channel with another one, says 6A88 and not that it is locked (invariant E6). A chip that answers any of them with success is open. Sends
 * nothing that would harm a chip that does: the file named does not exist.
 */
async function proveLock(clear: ApduChannel, secure: SecureChannel | undefined): Promise<void> {
  const refused = (operation: string, command: CommandApdu, channel = clear): LockProbe => ({
    operation,
    command,
    channel,
    answers: REFUSALS,
  });
  await checkLock([
    ...(secure === undefined ? [] : [refused('GET DATA in the old channel', getData(0xdf22), secure)]),
    refused('GET DATA chip identity', getData(0xdf20)),
    refused('INITIALIZE UPDATE', { cla: 0x80, ins: 0x50, p1: KEY_VERSIONS.maker, p2: 0x00, data: new Uint8Array(8), le: 256 }),
    refused('UPDATE BINARY', { cla: 0x00, ins: 0xd6, p1: 0x00, p2: 0x00, data: Uint8Array.of(0) }),
    // A chip that refuses everything is not locked but broken.
    { operation: 'SELECT eMRTD', command: SELECT_EMRTD, channel: clear, answers: [StatusWord.SUCCESS] },
  ]);
}

/** "Not in this state" and "not known any more". */
const REFUSALS: readonly number[] = [
  StatusWord.CONDITIONS_NOT_SATISFIED,
  StatusWord.SECURITY_STATUS_NOT_SATISFIED,
  StatusWord.INS_NOT_SUPPORTED,
  StatusWord.CLA_NOT_SUPPORTED,
];

function formed<T>(operation: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof DecodeError) throw new DriverError('CHIP_ANSWER_INVALID', operation, { cause, detail: cause.where ?? '' });
    throw cause;
  }
}

/** P1 of SELECT and DELETE FILE: an EF of the application, or a path from the master file (ISO/IEC 7816-4 §11.2.2). */
function pathOf({ directory }: FileId): number {
  return directory === 'MF' ? 0x08 : 0x02;
}
