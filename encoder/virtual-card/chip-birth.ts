import { decodeUtf8, toHex, utf8, type Secret } from '#encoder/bytes';
import { KEY_VERSIONS } from '#encoder/globalplatform';
import type { ChipProgramName } from './chip-program.ts';
import type { CpsConfiguration } from './cps-applet/configuration.ts';
import { createImageLog } from './image-log.ts';
import { VirtualCardError } from './virtual-card-error.ts';

/** What the chip maker leaves in a chip. */
export interface ChipBirth {
  /** Printed on the card body. */
  readonly serial: string;
  /** Eight bytes. */
  readonly chipId: Uint8Array;
  /** Static keys of the secure channel, 16 bytes each: AES-128 for SCP03, two-key triple DES for SCP02. */
  readonly transportKeys: { readonly enc: Secret; readonly mac: Secret; readonly dek: Secret };
  readonly personality?: Partial<Personality>;
  readonly defect?: Defect;
}

/** How this stock of chips behaves where the standards leave it open. */
export interface Personality {
  /** Answer to SELECT of the master file; chips seen in Vietnam say 6D00. */
  readonly selectMasterFile: '6D00' | '9000';
  /** Of the signatures of Active Authentication with an RSA key, told by their trailer (ISO/IEC 9796-2). */
  readonly activeAuthenticationHash: 'sha1' | 'sha256';
  /** The command set it has. */
  readonly program: ChipProgramName;
  /** As behind a reader of T=0: long answers to short commands wait for GET RESPONSE (61xx), a wrong Le is told (6Cxx). */
  readonly getResponse: boolean;
  /** Key version number of the transport keys; 255: initial keys. */
  readonly keyVersion: number;
  /** What the family `cps` leaves to each chip. */
  readonly cps?: Partial<CpsConfiguration>;
}

/** Defects for the rehearsal of a plant. */
export type Defect =
  /** Mute on arrival: gives no answer to reset. */
  | { readonly kind: 'dead' }
  /** At the n-th UPDATE BINARY of its life (from 1) half of the data is written, the card leaves the reader, and is mute from then on. */
  | { readonly kind: 'tornAtUpdate'; readonly update: number }
  /** Answers 9000 to the lock and stays open: what the lock's proof must catch. */
  | { readonly kind: 'lockLies' }
  /** Answers PUT KEY as if the keys were replaced, and keeps those that it has. */
  | { readonly kind: 'keysStay' }
  /** Replaces the keys, and answers PUT KEY with another check value. */
  | { readonly kind: 'checkValueLies' };

/** The first record of an image. */
export const BIRTH_RECORD = 1;

const STANDARD: Personality = {
  selectMasterFile: '6D00',
  activeAuthenticationHash: 'sha256',
  program: 'reference',
  getResponse: false,
  keyVersion: KEY_VERSIONS.maker,
};

interface BirthRecord {
  readonly serial: string;
  readonly chipId: string;
  readonly enc: string;
  readonly mac: string;
  readonly dek: string;
  readonly personality: Personality;
  readonly defect: Defect | null;
}

const TEXTS = ['serial', 'chipId', 'enc', 'mac', 'dek'] as const;

/** Makes the memory of a new chip. Throws `VirtualCardError` IMAGE_EXISTS, IMAGE_WRITE_FAILED. */
export function createImage(path: string, birth: ChipBirth): void {
  const record: BirthRecord = {
    serial: birth.serial,
    chipId: toHex(birth.chipId),
    enc: toHex(birth.transportKeys.enc.reveal()),
    mac: toHex(birth.transportKeys.mac.reveal()),
    dek: toHex(birth.transportKeys.dek.reveal()),
    personality: { ...STANDARD, ...birth.personality },
    defect: birth.defect ?? null,
  };
  createImageLog(path, { type: BIRTH_RECORD, payload: utf8(JSON.stringify(record)) });
}

/** What an older maker left out is standard. Throws `VirtualCardError` IMAGE_CORRUPT. */
export function readBirth(payload: Uint8Array): BirthRecord {
  try {
    const record = JSON.parse(decodeUtf8(payload)) as BirthRecord;
    if (!TEXTS.every((name) => typeof record[name] === 'string')) throw new TypeError('a text is missing');
    return { ...record, personality: { ...STANDARD, ...record.personality } };
  } catch (cause) {
    throw new VirtualCardError('IMAGE_CORRUPT', { where: 'birth', cause });
  }
}
