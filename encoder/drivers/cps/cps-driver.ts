import { randomBytes } from 'node:crypto';
import {
  expectSuccess,
  isSuccess,
  openChannel,
  parseCommand,
  SHORT_LE_MAX,
  StatusWord,
  type ApduChannel,
  type CommandApdu,
} from '#encoder/apdu';
import { ascii, ByteReader, DecodeError, fromHex, toHex } from '#encoder/bytes';
import { INITIAL_KEY_VERSION, installForPersonalization, storeData, type DataGrouping, type KeyOwner } from '#encoder/globalplatform';
import type { CardConnection } from '#encoder/readers';
import { enter } from '#encoder/tlv';
import { checkSecrets } from '../access-secrets.ts';
import { checkAnswerToReset } from '../answer-to-reset.ts';
import { checkTag, TAG_BYTES } from '../binding-tag.ts';
import type { AccessSecrets, CardDriver, ChipIdentity, ChipStatus, DriverCapabilities, TrustPoint } from '../card-driver.ts';
import { chipChannel } from '../chip-channel.ts';
import type { ChipKeyAlgorithm, ChipKeyAlgorithms, ChipPublicKeys } from '../chip-keys.ts';
import { DriverError } from '../driver-error.ts';
import { nameOfFile, type FileId } from '../file-id.ts';
import { importedKeys } from '../key-import.ts';
import type { ChipKeyPair, ChipKeyPairs } from '../key-pair.ts';
import type { TransportKeys, TransportKeySets } from '../transport-keys.ts';
import { unpackedDate } from '../unpacked-date.ts';
import { checkLock, type LockProbe } from '../lock-proof.ts';
import { PROTOCOLS } from './channel.ts';
import { CPS_LAYOUT, filesOf, groupingOfFile, type CpsLayout } from './layout.ts';

export interface CpsOptions {
  /** Where the applet wants what; absent: that of the virtual card. */
  readonly layout?: CpsLayout;
  /** Key pairs to put in, so that a resumed run puts in the same; without one the driver makes it and wipes it. */
  readonly keyPairs?: ChipKeyPairs;
  /** Answers to reset that the lot of chips may have; absent: any. */
  readonly answersToReset?: readonly Uint8Array[];
  /** Randomness of the terminal's challenges. */
  readonly random?: (length: number) => Uint8Array;
}

const FAMILY = 'cps';
const CHIP_ID_BYTES = 8;
/** Data of one short command at the highest level of either protocol, and the blocks that a sequence counts (GPC 2.3.1 §11.11.2.2). */
const BLOCK_BYTES = 239;
const BLOCKS_MAX = 256;
/** DGI, FF and two bytes of length. */
const GROUPING_HEADER_BYTES = 5;

/**
 * The driver of eMRTD applets that are personalised by EMV CPS 1.1 over GlobalPlatform: a secure channel, INSTALL [for personalization],
 * and STORE DATA of data groupings whose numbers are the layout's. A file goes to the chip as a whole, in one sequence. Before the
 * lock nothing can be read but the binding tag: an interrupted card is written anew from its first file.
 */
export function cpsDriver(connection: CardConnection, options: CpsOptions = {}): CardDriver {
  const { layout = CPS_LAYOUT } = options;
  const random = options.random ?? ((length: number) => Uint8Array.from(randomBytes(length)));
  const protocol = PROTOCOLS[layout.channel];
  const capabilities = cpsCapabilities(layout);
  const clear = openChannel(connection);
  const secure = chipChannel({
    select: async () => void expectSuccess(await clear.send(select(layout.securityDomain)), 'SELECT security domain'),
    connect: (offered) => protocol.open(connection, offered, { layout, random }),
    begin: async (channel) => {
      expectSuccess(await channel.send(installForPersonalization(fromHex(layout.application))), 'INSTALL [for personalization]');
    },
  });
  /** Sizes of the files of this session: the chip learns them with the content. */
  const sizes = new Map<string, number>();

  const store = async (operation: string, groupings: readonly DataGrouping[]): Promise<void> => {
    const channel = secure.get(operation);
    const commands = storeData(groupings, { blockMax: channel.shortDataMax, structure: layout.structure });
    for (const command of commands) expectSuccess(await channel.send(command), operation);
  };
  const sealed = (operation: string, dgi: string, data: Uint8Array): DataGrouping => ({
    dgi: numberOf(dgi),
    data: secure.get(operation).encryptSensitive(data),
    encrypted: true,
  });
  const keys = importedKeys({
    pairs: options.keyPairs,
    capabilities,
    put: async (role: keyof ChipKeyAlgorithms, pair: ChipKeyPair) => {
      const operation = `STORE DATA ${role}`;
      await store(operation, [sealed(operation, layout.keys[role].dgi, pair.privateKey.reveal())]);
    },
  });
  const readBindingTag = async (): Promise<Uint8Array | null> => {
    const tag = numberOf(layout.bindingTag.object);
    const response = await secure.get('GET DATA binding tag').send(getData(tag));
    if (response.sw === StatusWord.REFERENCED_DATA_NOT_FOUND) return null;
    const object = expectSuccess(response, 'GET DATA binding tag');
    return formed('GET DATA binding tag', () => {
      const reader = new ByteReader(object, layout.bindingTag.object);
      const value = enter(reader, tag).rest();
      if (value.length < TAG_BYTES.min || value.length > TAG_BYTES.max) throw reader.error('BYTES_LIMIT', 'tag', `${value.length} bytes`);
      reader.end();
      return value;
    });
  };

  return {
    family: FAMILY,
    capabilities,

    async identify(): Promise<ChipIdentity> {
      checkAnswerToReset(connection.atr, options.answersToReset);
      await clear.send(select(layout.securityDomain));
      const response = await clear.send(getData(numberOf(layout.chipId.object)));
      if (isSuccess(response)) {
        const chipId = response.data.slice(layout.chipId.offset, layout.chipId.offset + CHIP_ID_BYTES);
        if (chipId.length !== CHIP_ID_BYTES || response.data.length > SHORT_LE_MAX) {
          throw new DriverError('CHIP_ANSWER_INVALID', 'GET DATA chip id', { detail: `${response.data.length} bytes` });
        }
        return { family: FAMILY, lifeCycle: 'unlocked', chipId: toHex(chipId) };
      }
      try {
        await checkLock(lockProbes(layout, clear));
      } catch (cause) {
        throw cause instanceof DriverError
          ? new DriverError('CHIP_UNKNOWN', 'GET DATA chip id', { cause, detail: cause.detail ?? '' })
          : cause;
      }
      return { family: FAMILY, lifeCycle: 'locked', chipId: null };
    },

    async open(transportKeys: TransportKeySets | null): Promise<KeyOwner> {
      if (transportKeys === null) throw new DriverError('DRIVER_CANNOT', 'open', { detail: 'transport keys are needed' });
      checkAnswerToReset(connection.atr, options.answersToReset);
      return secure.open(transportKeys);
    },

    replaceKeys: (own: TransportKeys) => secure.replaceKeys(own),

    async status(): Promise<ChipStatus> {
      const bindingTag = await readBindingTag();
      return {
        lifeCycle: bindingTag === null ? 'blank' : 'personalising',
        bindingTag,
        files: [],
        keys: keys.held(),
        accessSecretsSet: false,
        trustPointSet: false,
      };
    },

    readBindingTag,

    async writeBindingTag(tag: Uint8Array): Promise<void> {
      checkTag(tag, 'STORE DATA binding tag');
      await store('STORE DATA binding tag', [{ dgi: numberOf(layout.bindingTag.dgi), data: tag }]);
    },

    async generateKeys(algorithms: ChipKeyAlgorithms): Promise<ChipPublicKeys> {
      secure.get('STORE DATA keys');
      return keys.generateKeys(algorithms);
    },

    async setAccessSecrets(secrets: AccessSecrets): Promise<void> {
      const operation = 'STORE DATA secrets';
      checkSecrets(secrets, operation);
      const { mrz, can } = layout.secrets;
      await store(operation, [sealed(operation, mrz, ascii(secrets.mrzInformation)), sealed(operation, can, ascii(secrets.can))]);
    },

    async setTrustPoint({ certificate, date }: TrustPoint): Promise<void> {
      const operation = 'STORE DATA trust point';
      secure.get(operation);
      const { trustPoint } = layout;
      if (trustPoint === null) throw cannot(operation, 'no Terminal Authentication');
      await store(operation, [
        { dgi: numberOf(trustPoint.certificate), data: certificate },
        { dgi: numberOf(trustPoint.date), data: unpackedDate(date, operation) },
      ]);
    },

    /** Nothing on the chip: the size comes with the content. */
    createFile: async (file: FileId, size: number): Promise<void> => {
      const operation = `create ${nameOfFile(file)}`;
      secure.get(operation);
      groupingOfFile(layout, file, operation);
      if (size < 1 || size > capabilities.fileBytesMax) throw new DriverError('DRIVER_CANNOT', operation, { detail: `${size} bytes` });
      sizes.set(nameOfFile(file), size);
      await Promise.resolve();
    },

    deleteFile: (file: FileId) => Promise.reject(cannot(`delete ${nameOfFile(file)}`, 'the applet deletes no file')),

    async writeFile(file: FileId, offset: number, bytes: Uint8Array): Promise<void> {
      const operation = `STORE DATA ${nameOfFile(file)}`;
      secure.get(operation);
      const dgi = groupingOfFile(layout, file, operation);
      if (offset !== 0 || bytes.length !== sizes.get(nameOfFile(file))) {
        throw cannot(operation, `${bytes.length} bytes from ${offset}: the whole file is needed, after it was created`);
      }
      await store(operation, [{ dgi, data: bytes }]);
    },

    readFile: (file: FileId) => Promise.reject(cannot(`read ${nameOfFile(file)}`, 'the applet gives nothing back before the lock')),

    async lock(): Promise<void> {
      if ('dgi' in layout.lock) return store('STORE DATA lock', [{ dgi: numberOf(layout.lock.dgi), data: new Uint8Array(0) }]);
      expectSuccess(await secure.get('lock').send(parseCommand(fromHex(layout.lock.command))), 'lock');
    },

    async proveLock(): Promise<void> {
      await checkLock([...(secure.held === undefined ? [] : [oldChannel(layout, secure.held)]), ...lockProbes(layout, clear)]);
      // The session keys have no more use.
      secure.close();
    },
  };
}

export function cpsCapabilities(layout: CpsLayout = CPS_LAYOUT): DriverCapabilities {
  const whole = BLOCKS_MAX * BLOCK_BYTES - GROUPING_HEADER_BYTES;
  const files = filesOf(layout);
  return {
    transport: PROTOCOLS[layout.channel].name,
    makerKeyVersion: layout.keyVersion,
    extendedLength: false,
    commandBytesMax: 261,
    responseBytesMax: 258,
    writeBytesMax: whole,
    fileBytesMax: whole,
    directories: (['MF', 'eMRTD'] as const).filter((directory) => files.some((file) => file.directory === directory)),
    files,
    onChipKeyGeneration: false,
    accessControl: layout.accessControl,
    terminalAuthentication: layout.trustPoint !== null,
    // The schema of the layout has their form.
    activeAuthentication: layout.keys.activeAuthentication.algorithms as ChipKeyAlgorithm[],
    chipAuthentication: layout.keys.chipAuthentication.algorithms as ChipKeyAlgorithm[],
    resumes: 'file',
    readsBack: false,
  };
}

/** "Not in this state", "not known any more", "not there any more". */
const REFUSALS: readonly number[] = [
  StatusWord.CONDITIONS_NOT_SATISFIED,
  StatusWord.SECURITY_STATUS_NOT_SATISFIED,
  StatusWord.INS_NOT_SUPPORTED,
  StatusWord.CLA_NOT_SUPPORTED,
  StatusWord.FILE_NOT_FOUND,
];

function oldChannel(layout: CpsLayout, channel: ApduChannel): LockProbe {
  return { operation: 'GET DATA in the old channel', command: getData(numberOf(layout.bindingTag.object)), channel, answers: REFUSALS };
}

/**
 * A locked chip has no security domain and begins no channel, neither with its maker's keys, whose version is asked for, nor with others, of
 * which 6A88 would tell; its application is there, or it is not locked but broken.
 */
function lockProbes(layout: CpsLayout, channel: ApduChannel): readonly LockProbe[] {
  const refused = (operation: string, command: CommandApdu): LockProbe => ({ operation, command, channel, answers: REFUSALS });
  // Initial keys have no version to ask for.
  const p1 = layout.keyVersion === INITIAL_KEY_VERSION ? 0x00 : layout.keyVersion;
  return [
    refused('SELECT security domain', select(layout.securityDomain)),
    refused('GET DATA chip id', getData(numberOf(layout.chipId.object))),
    refused('INITIALIZE UPDATE', { cla: 0x80, ins: 0x50, p1, p2: 0x00, data: new Uint8Array(8), le: 256 }),
    refused('STORE DATA', { cla: 0x80, ins: 0xe2, p1: 0x88, p2: 0x00, data: new Uint8Array(3) }),
    { operation: 'SELECT eMRTD', command: select(layout.application), channel, answers: [StatusWord.SUCCESS] },
  ];
}

function select(aid: string): CommandApdu {
  return { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x00, data: fromHex(aid), le: 256 };
}

function getData(tag: number): CommandApdu {
  return { cla: 0x80, ins: 0xca, p1: tag >> 8, p2: tag & 0xff, le: 256 };
}

function formed<T>(operation: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof DecodeError) throw new DriverError('CHIP_ANSWER_INVALID', operation, { cause, detail: cause.where ?? '' });
    throw cause;
  }
}

function cannot(operation: string, detail: string): DriverError {
  return new DriverError('DRIVER_CANNOT', operation, { detail });
}

function numberOf(hex: string): number {
  return Number.parseInt(hex, 16);
}
