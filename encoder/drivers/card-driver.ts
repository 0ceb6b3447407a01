import type { Secret } from '#encoder/bytes';

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

  /** Before any key: which chip this is, and where in its life. A locked chip tells nobody its id. */
  identify(): Promise<ChipIdentity>;
  /** Mutual authentication with the transport keys of this chip. One try only: chips count failures. */
  open(keys: TransportKeys): Promise<void>;

  /** What the chip holds. The source of every decision after an interruption. */
  status(): Promise<ChipStatus>;
  readBindingTag(): Promise<Uint8Array | null>;
  /** 16 to 32 bytes, once in a chip's life. Writing the same tag again is nothing; another one is refused by the chip. */
  writeBindingTag(tag: Uint8Array): Promise<void>;

  /** Makes the chip's keys on the chip, or returns the public halves of those it has. DER SubjectPublicKeyInfo. */
  generateKeys(): Promise<ChipPublicKeys>;
  setAccessSecrets(secrets: AccessSecrets): Promise<void>;

  /** Makes an empty transparent EF of exactly `size` bytes and selects it. */
  createFile(fid: number, size: number): Promise<void>;
  /** Takes a file away again, while the chip is being personalised. */
  deleteFile(fid: number): Promise<void>;
  /** One command: at most `capabilities.writeBytesMax` bytes. */
  writeFile(fid: number, offset: number, bytes: Uint8Array): Promise<void>;
  /** Reads under the transport keys, before the lock. */
  readFile(fid: number, offset: number, length: number): Promise<Uint8Array>;

  /** Irreversible. */
  lock(): Promise<void>;
  /** Sends commands that a locked chip must refuse. Throws LOCK_NOT_PROVEN when it does not. */
  proveLock(): Promise<void>;
}

/** What a chip family can do, as data, so that planning never asks which family it is. */
export interface DriverCapabilities {
  readonly extendedLength: boolean;
  /** Largest whole command APDU, and largest whole response APDU, in bytes. */
  readonly commandBytesMax: number;
  readonly responseBytesMax: number;
  /** Most content bytes that one `writeFile` carries, after the overhead of the channel. */
  readonly writeBytesMax: number;
  readonly fileBytesMax: number;
  readonly onChipKeyGeneration: boolean;
  readonly accessControl: readonly ('BAC' | 'PACE-ECDH-GM')[];
  /** Algorithms of the keys that `generateKeys` makes. */
  readonly activeAuthentication: 'RSA-2048' | null;
  readonly chipAuthentication: 'brainpoolP256r1' | null;
}

export type LifeCycle = 'blank' | 'personalising' | 'locked';

export type ChipIdentity =
  | { readonly family: string; readonly lifeCycle: 'blank' | 'personalising'; /** 16 upper-case hex characters. */ readonly chipId: string }
  | { readonly family: string; readonly lifeCycle: 'locked'; readonly chipId: null };

/** SCP03 static keys of one chip, as `diversify` of `#encoder/globalplatform` makes them. The caller destroys them. */
export interface TransportKeys {
  readonly enc: Secret;
  readonly mac: Secret;
  readonly dek: Secret;
}

export interface ChipPublicKeys {
  /** RSA-2048 SPKI, rsaEncryption: what DG15 carries. */
  readonly activeAuthentication: Uint8Array;
  /** brainpoolP256r1 SPKI, id-ecPublicKey: the source of DG14's ChipAuthenticationPublicKeyInfo. */
  readonly chipAuthentication: Uint8Array;
}

/** What opens the finished chip. Personal: never logged, never hashed into a journal. */
export interface AccessSecrets {
  /** Doc 9303-11 §4.3.2 (BAC) and §9.7.3 (PACE): document number, check digit, birth, check digit, expiry, check digit. */
  readonly mrzInformation: string;
  /** Card Access Number: six digits. */
  readonly can: string;
}

export interface ChipStatus {
  readonly lifeCycle: 'blank' | 'personalising';
  readonly bindingTag: Uint8Array | null;
  readonly files: readonly FileStatus[];
  readonly keys: ChipPublicKeys | null;
  readonly accessSecretsSet: boolean;
}

export interface FileStatus {
  readonly fid: number;
  readonly size: number;
  /** Content bytes written without a gap from offset 0. */
  readonly written: number;
  /** SHA-256 over those `written` bytes. */
  readonly sha256: Uint8Array;
}
