import { randomBytes } from 'node:crypto';
import { expectSuccess, isRefusal, StatusWord, type ApduChannel } from '#encoder/apdu';
import { selectApplication } from '#encoder/access';
import { equalBytes } from '#encoder/bytes';
import type { CardConnection } from '#encoder/readers';
import { checkSecrets, mrzFields } from '../access-secrets.ts';
import { checkAnswerToReset } from '../answer-to-reset.ts';
import { checkTag } from '../binding-tag.ts';
import type { AccessSecrets, CardDriver, ChipIdentity, ChipStatus, DriverCapabilities, LifeCycle } from '../card-driver.ts';
import type { ChipKeyAlgorithms, ChipPublicKeys } from '../chip-keys.ts';
import { DriverError } from '../driver-error.ts';
import { nameOfFile, sameFile, type FileId } from '../file-id.ts';
import { importedKeys } from '../key-import.ts';
import { privateNumbers, type ChipKeyPair, type ChipKeyPairs } from '../key-pair.ts';
import type { TransportKeySets } from '../transport-keys.ts';
import { readTag, TAG_FILE, writeTag } from './binding.ts';
import { createFile, DATA_MAX, FILE_BYTES_MAX, putBacSecrets, putCan, putPrivateKey, selectFile, updateBinary } from './commands.ts';
import { readFiles, readRange, selects } from './contents.ts';
import { lock, proveLock } from './lock.ts';
import { appletSession } from './session.ts';

export interface PassportAppletOptions {
  /** The card's own: on a chip without transport keys they are what tells it from all others, and what opens it again. */
  readonly secrets: AccessSecrets;
  /** Key pairs to put in, so that a resumed run puts in the same; without one the driver makes it and wipes it. */
  readonly keyPairs?: ChipKeyPairs;
  /** Answers to reset that the lot of chips may have; absent: any. */
  readonly answersToReset?: readonly Uint8Array[];
  /** Randomness of BAC. */
  readonly random?: (length: number) => Uint8Array;
}

const SPARE_BYTES = 64;

/** The two programs of the family. */
export type PassportAppletFamily = 'passport-applet' | 'passport-applet-pace';

/**
 * The driver of the open-source passport applet, with or without PACE: no GlobalPlatform layer and no transport keys, plain short
 * commands until the lock. Secrets come first and the binding tag into a file of its own; after that everything is read back
 * under BAC with these secrets, and a chip that does not open with them belongs to another card (CHIP_SEALED).
 *
 * Data, private keys among them, go to the chip in clear: the family is for rooms where nobody else can listen.
 */
export function passportAppletDriver(connection: CardConnection, family: PassportAppletFamily, options: PassportAppletOptions): CardDriver {
  const { secrets } = options;
  const pace = family === 'passport-applet-pace';
  const capabilities = CAPABILITIES[family];
  checkSecrets(secrets, 'secrets');
  const fields = mrzFields(secrets.mrzInformation, 'secrets');
  const random = options.random ?? ((length: number) => Uint8Array.from(randomBytes(length)));
  const session = appletSession(connection, { mrzInformation: secrets.mrzInformation, random });
  let opened = false;
  /** The chip opened with our secrets, or took them, on this connection. Nothing but secrets is written before. */
  let ours = false;
  let selected: FileId | undefined;
  /** Files that should be gone, which this family cannot do: creating them anew gives them the size that they should have. */
  const unwanted = new Set<string>();

  const needOpened = (operation: string): void => {
    if (!opened) throw new DriverError('DRIVER_CANNOT', operation, { detail: 'open the chip first' });
  };
  /** Under BAC; null on a chip that has no secrets yet. */
  const reading = async (operation: string): Promise<ApduChannel | null> => {
    needOpened(operation);
    selected = undefined;
    const channel = await session.reading();
    if (channel !== null) ours = true;
    // Secrets come before any file: an applet that has a tag and gives no challenge is none of ours.
    else if (await selects(await session.clear(), TAG_FILE)) throw new DriverError('CHIP_SEALED', operation);
    return channel;
  };
  /** In clear, to a chip that is known to be ours. */
  const writing = async (operation: string): Promise<ApduChannel> => {
    needOpened(operation);
    if (!ours && (await reading(operation)) === null) throw notBound(operation);
    return session.clear();
  };
  const putSecrets = async (): Promise<void> => {
    const channel = await session.clear();
    expectSuccess(await channel.send(putBacSecrets(fields)), 'PUT DATA BAC secrets');
    if (pace) expectSuccess(await channel.send(putCan(secrets.can)), 'PUT DATA CAN');
    ours = true;
  };
  const keys = importedKeys({
    pairs: options.keyPairs,
    capabilities,
    put: async (role, pair) => {
      const channel = await session.clear();
      await putKey(channel, `PUT DATA ${role}`, pair);
    },
  });

  return {
    family,
    capabilities,

    async identify(): Promise<ChipIdentity> {
      checkAnswerToReset(connection.atr, options.answersToReset);
      const channel = await session.clear();
      await selectApplet(channel);
      return { family, lifeCycle: await lifeCycleOf(channel), chipId: null };
    },

    async open(transportKeys: TransportKeySets | null): Promise<null> {
      if (transportKeys !== null) throw new DriverError('DRIVER_CANNOT', 'open', { detail: 'this family has no transport keys' });
      checkAnswerToReset(connection.atr, options.answersToReset);
      const channel = await session.clear();
      await selectApplet(channel);
      // 6982 says that the applet is locked.
      await selects(channel, TAG_FILE);
      opened = true;
      return null;
    },

    replaceKeys: () => Promise.reject(new DriverError('DRIVER_CANNOT', 'PUT KEY', { detail: 'this family has no transport keys' })),

    async status(): Promise<ChipStatus> {
      const channel = await reading('status');
      const tag = channel === null ? null : await readTag(channel);
      return {
        lifeCycle: tag === null ? 'blank' : 'personalising',
        bindingTag: tag,
        files: channel === null ? [] : await readFiles(channel, capabilities.files ?? []),
        keys: keys.held(),
        accessSecretsSet: channel !== null,
        trustPointSet: false,
      };
    },

    async readBindingTag(): Promise<Uint8Array | null> {
      const channel = await reading('binding tag');
      return channel === null ? null : readTag(channel);
    },

    async writeBindingTag(tag: Uint8Array): Promise<void> {
      needOpened('binding tag');
      checkTag(tag, 'binding tag');
      const channel = await reading('binding tag');
      const there = channel === null ? null : await readTag(channel);
      if (there !== null && !equalBytes(there, tag)) throw new DriverError('CHIP_SEALED', 'binding tag');
      if (there !== null) return;
      if (channel === null) await putSecrets();
      await writeTag(await session.clear(), tag);
    },

    async generateKeys(algorithms: ChipKeyAlgorithms): Promise<ChipPublicKeys> {
      await writing('PUT DATA keys');
      return keys.generateKeys(algorithms);
    },

    async setAccessSecrets(wanted: AccessSecrets): Promise<void> {
      checkSecrets(wanted, 'PUT DATA secrets');
      if (wanted.mrzInformation !== secrets.mrzInformation || wanted.can !== secrets.can) {
        throw new DriverError('DRIVER_CANNOT', 'PUT DATA secrets', { detail: 'other secrets than those the driver was made with' });
      }
      await reading('PUT DATA secrets');
      await putSecrets();
    },

    setTrustPoint: () => Promise.reject(new DriverError('DRIVER_CANNOT', 'trust point', { detail: 'no Terminal Authentication' })),

    async createFile(file: FileId, size: number): Promise<void> {
      const operation = `CREATE ${nameOfFile(file)}`;
      checkKnown(capabilities, file, operation);
      if (size < 1 || size > FILE_BYTES_MAX) throw new DriverError('DRIVER_CANNOT', operation, { detail: `${size} bytes` });
      const channel = await writing(operation);
      selected = undefined;
      // The first size is the most that the file can ever have; a signature made anew may be a few bytes longer.
      const sizes = (await selects(channel, file)) ? [size] : [Math.min(size + SPARE_BYTES, FILE_BYTES_MAX), size];
      for (const one of sizes) expectSuccess(await channel.send(createFile(file.fid, one)), operation);
      unwanted.delete(nameOfFile(file));
    },

    async deleteFile(file: FileId): Promise<void> {
      const operation = `delete ${nameOfFile(file)}`;
      checkKnown(capabilities, file, operation);
      await writing(operation);
      unwanted.add(nameOfFile(file));
    },

    async writeFile(file: FileId, offset: number, bytes: Uint8Array): Promise<void> {
      const operation = `UPDATE BINARY ${nameOfFile(file)} @${offset}`;
      checkKnown(capabilities, file, operation);
      if (bytes.length > DATA_MAX) {
        throw new DriverError('DRIVER_CANNOT', operation, { detail: `${bytes.length} bytes, at most ${DATA_MAX}` });
      }
      const channel = await writing(operation);
      if (selected === undefined || !sameFile(selected, file)) {
        expectSuccess(await channel.send(selectFile(file.fid)), `SELECT ${nameOfFile(file)}`);
        selected = file;
      }
      expectSuccess(await channel.send(updateBinary(offset, bytes)), operation);
    },

    async readFile(file: FileId, offset: number, length: number): Promise<Uint8Array> {
      const operation = `READ BINARY ${nameOfFile(file)}`;
      checkKnown(capabilities, file, operation);
      const channel = await reading(operation);
      if (channel === null) throw notBound(operation);
      expectSuccess(await channel.send(selectFile(file.fid)), `SELECT ${nameOfFile(file)}`);
      return readRange(channel, file, { offset, length });
    },

    async lock(): Promise<void> {
      const channel = await writing('lock');
      const [left] = unwanted;
      if (left !== undefined)
        throw new DriverError('DRIVER_CANNOT', 'lock', { detail: `${left} should be gone, and the applet deletes no file` });
      await lock(channel, pace);
    },

    async proveLock(): Promise<void> {
      await proveLock(await session.clear());
    },
  };
}

/** 0101 to 010F without that of the binding tag, and the three files beside the data groups. */
const APPLICATION_FILES: readonly FileId[] = [...Array.from({ length: 15 }, (_, i) => 0x0101 + i), 0x011d, 0x011e]
  .filter((fid) => fid !== TAG_FILE.fid)
  .map((fid) => ({ directory: 'eMRTD', fid }));

const BASIC = {
  transport: 'none',
  makerKeyVersion: null,
  extendedLength: false,
  commandBytesMax: 5 + DATA_MAX,
  responseBytesMax: 258,
  writeBytesMax: DATA_MAX,
  fileBytesMax: FILE_BYTES_MAX,
  onChipKeyGeneration: false,
  // PUT DATA 64 takes the certificate once and without a date, so that no resumed run could tell which is there.
  terminalAuthentication: false,
  activeAuthentication: ['RSA-1024'],
  resumes: 'file',
  readsBack: true,
} as const satisfies Partial<DriverCapabilities>;

const CAPABILITIES: Readonly<Record<PassportAppletFamily, DriverCapabilities>> = {
  'passport-applet': {
    ...BASIC,
    directories: ['eMRTD'],
    files: [...APPLICATION_FILES, { directory: 'eMRTD', fid: 0x011c }],
    accessControl: ['BAC'],
    // The published form of the field in its PUT DATA 63 is that of binary curves; no profile has one.
    chipAuthentication: [],
  },
  'passport-applet-pace': {
    ...BASIC,
    directories: ['MF', 'eMRTD'],
    // One flat list of files, in which 011C is EF.CardAccess and not EF.CVCA.
    files: [{ directory: 'MF', fid: 0x011c }, ...APPLICATION_FILES],
    accessControl: ['BAC', 'id-PACE-ECDH-GM'],
    // Larger curves do not fit a short command.
    chipAuthentication: ['EC-brainpoolP256r1', 'EC-P-256'],
  },
};

export function passportAppletCapabilities(family: PassportAppletFamily): DriverCapabilities {
  return CAPABILITIES[family];
}

async function selectApplet(channel: ApduChannel): Promise<void> {
  try {
    await selectApplication(channel);
  } catch (cause) {
    throw isRefusal(cause) ? new DriverError('CHIP_UNKNOWN', 'SELECT eMRTD', { cause, detail: cause.detail ?? '' }) : cause;
  }
}

/** By what a SELECT in clear of the file for the binding tag is answered. */
async function lifeCycleOf(channel: ApduChannel): Promise<LifeCycle> {
  try {
    return (await selects(channel, TAG_FILE)) ? 'personalising' : 'blank';
  } catch (cause) {
    if (isRefusal(cause, StatusWord.SECURITY_STATUS_NOT_SATISFIED)) return 'locked';
    throw isRefusal(cause) ? new DriverError('CHIP_UNKNOWN', 'SELECT EF', { cause, detail: cause.detail ?? '' }) : cause;
  }
}

async function putKey(channel: ApduChannel, operation: string, pair: ChipKeyPair): Promise<void> {
  for (const command of putPrivateKey(privateNumbers(pair))) {
    try {
      expectSuccess(await channel.send(command), operation);
    } finally {
      command.data?.fill(0);
    }
  }
}

function checkKnown({ files }: DriverCapabilities, file: FileId, operation: string): void {
  if (files?.some((one) => sameFile(one, file)) !== true) {
    throw new DriverError('DRIVER_CANNOT', operation, { detail: 'the applet has no such file' });
  }
}

function notBound(operation: string): DriverError {
  return new DriverError('DRIVER_CANNOT', operation, { detail: 'the chip has no secrets yet: bind it first' });
}
