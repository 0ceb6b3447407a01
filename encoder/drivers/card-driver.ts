import type { KeyOwner } from '#encoder/globalplatform';
import type { Directory } from '#encoder/lds';
import type { ChipKeyAlgorithm, ChipKeyAlgorithms, ChipPublicKeys } from './chip-keys.ts';
import type { FileId } from './file-id.ts';
import type { TransportKeys, TransportKeySets } from './transport-keys.ts';

/**
 * One chip family behind one port. A driver sends the commands of its family over an open `CardConnection` and is thrown
 * away with it: after a transmit error the session is over, and what the chip did is found out by a new driver.
 *
 * Every operation either succeeds or throws: `CardError` CARD_REFUSED when the chip said no, with its status word; `DriverError`;
 * `ScpError` of the secure channel; or the `ReaderError` of the transport, after which it is unknown whether the chip did it.
 */
export interface CardDriver {
  readonly family: string;
  readonly capabilities: DriverCapabilities;

  /** Before any key: which chip this is, and where in its life. */
  identify(): Promise<ChipIdentity>;
  /**
   * Mutual authentication with that set of this chip's keys which the chip names, and whose set it was; null where `capabilities.transport` is
   * none. One try only: chips count failures. A chip that was opened with its maker's keys takes `replaceKeys` and nothing else.
   * Errors: KEYS_UNFIT (nothing sent), SCP_KEY_VERSION.
   */
  open(keys: TransportKeySets | null): Promise<KeyOwner | null>;
  /**
   * PUT KEY (GPC 2.3.1 §11.8): the plant's set takes the place of the one that the chip was opened with, key check values are compared, and
   * the chip proves the new keys by opening with them. Errors: SCP_ANSWER_INVALID (other check values), KEYS_NOT_REPLACED.
   */
  replaceKeys(own: TransportKeys): Promise<void>;

  /** What the chip holds. The source of every decision after an interruption. */
  status(): Promise<ChipStatus>;
  readBindingTag(): Promise<Uint8Array | null>;
  /** 16 to 32 bytes, once in a chip's life. Writing the same tag again is nothing; another one is refused by the chip. */
  writeBindingTag(tag: Uint8Array): Promise<void>;

  /**
   * Has the chip make its keys, or returns the public halves of those it has; where the chip makes none, puts pairs into it.
   * DRIVER_CANNOT for what `capabilities` do not list.
   */
  generateKeys(algorithms: ChipKeyAlgorithms): Promise<ChipPublicKeys>;
  setAccessSecrets(secrets: AccessSecrets): Promise<void>;
  /** What Terminal Authentication starts from; only where `capabilities.terminalAuthentication`. Setting it again replaces it. */
  setTrustPoint(trustPoint: TrustPoint): Promise<void>;

  /** Makes a transparent EF of exactly `size` bytes, whose content counts from the first write on. */
  createFile(file: FileId, size: number): Promise<void>;
  /** Takes a file away again, while the chip is being personalised. */
  deleteFile(file: FileId): Promise<void>;
  /** At most `capabilities.writeBytesMax` bytes; whole or, after a power cut, as `status` tells. */
  writeFile(file: FileId, offset: number, bytes: Uint8Array): Promise<void>;
  /** Reads under the transport keys, before the lock. */
  readFile(file: FileId, offset: number, length: number): Promise<Uint8Array>;

  /** Irreversible. */
  lock(): Promise<void>;
  /** Sends commands that a locked chip must refuse. Throws LOCK_NOT_PROVEN when it does not. */
  proveLock(): Promise<void>;
}

/** What a chip family can do, as data, so that planning never asks which family it is. */
export interface DriverCapabilities {
  /** What stands between the terminal and a chip that is not locked. */
  readonly transport: 'SCP03' | 'SCP02' | 'none';
  /** Key version number of the set that chips come with and `replaceKeys` replaces; null: they come without keys. */
  readonly makerKeyVersion: number | null;
  readonly extendedLength: boolean;
  /** Largest whole command APDU, and largest whole response APDU, in bytes. */
  readonly commandBytesMax: number;
  readonly responseBytesMax: number;
  /** Most content bytes that one `writeFile` carries, after the overhead of the channel. */
  readonly writeBytesMax: number;
  readonly fileBytesMax: number;
  /** Where files can be made. */
  readonly directories: readonly Directory[];
  /** The only files that can be made there; null: any. */
  readonly files: readonly FileId[] | null;
  /** False: the driver makes the pair and puts the private half into the chip. */
  readonly onChipKeyGeneration: boolean;
  /** BAC, and the PACE protocols by name without cipher, e.g. `id-PACE-ECDH-GM` (Doc 9303-11 §9.2.3). */
  readonly accessControl: readonly string[];
  readonly terminalAuthentication: boolean;
  /** Keys that `generateKeys` makes. */
  readonly activeAuthentication: readonly ChipKeyAlgorithm[];
  readonly chipAuthentication: readonly ChipKeyAlgorithm[];
  /**
   * After an interruption `status` proves every byte that is there, or whole files only: then a file is written anew over what it had,
   * and none is deleted.
   */
  readonly resumes: 'byte' | 'file';
  /** False: before the lock nothing can be read, and `status` knows no file. */
  readonly readsBack: boolean;
}

export type LifeCycle = 'blank' | 'personalising' | 'locked';

export interface ChipIdentity {
  readonly family: string;
  /** `unlocked`: only an open channel tells blank from personalising. */
  readonly lifeCycle: LifeCycle | 'unlocked';
  /** 16 upper-case hex characters. A locked chip tells nobody its id, and the chips of some families have none: null. */
  readonly chipId: string | null;
}

/** What opens the finished chip. Personal: never logged, never hashed into a journal. */
export interface AccessSecrets {
  /** Doc 9303-11 §4.3.2 (BAC) and §9.7.3 (PACE): document number, check digit, birth, check digit, expiry, check digit. */
  readonly mrzInformation: string;
  /** Card Access Number: six digits. */
  readonly can: string;
}

/** The CVCA that a chip trusts at first, and its first notion of the date (BSI TR-03110-3 §2.2.3, §2.2.5). */
export interface TrustPoint {
  /** Self-signed CV certificate, 7F21. */
  readonly certificate: Uint8Array;
  /** `YYMMDD`. */
  readonly date: string;
}

export interface ChipStatus {
  readonly lifeCycle: 'blank' | 'personalising';
  readonly bindingTag: Uint8Array | null;
  readonly files: readonly FileStatus[];
  readonly keys: ChipPublicKeys | null;
  readonly accessSecretsSet: boolean;
  readonly trustPointSet: boolean;
}

export interface FileStatus extends FileId {
  readonly size: number;
  /** Content bytes written without a gap from offset 0. */
  readonly written: number;
  /** SHA-256 over those `written` bytes. */
  readonly sha256: Uint8Array;
}
