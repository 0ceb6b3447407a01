import { createHash } from 'node:crypto';
import { openChannel, type ApduChannel } from '#encoder/apdu';
import {
  AccessError,
  canPassword,
  isFileUnavailable,
  openBac,
  openPace,
  type PaceChoice,
  paceChoices,
  readFile,
  selectApplication,
  SHORT_READ_MAX,
  type SmChannel,
} from '#encoder/access';
import { nameOfFile, sameFile, type AccessSecrets, type FileId } from '#encoder/drivers';
import type { CardConnection } from '#encoder/readers';
import { PersonalisationError } from './personalisation-error.ts';

/** What `fileDigests` of a plan says, kept by whoever no longer holds the content. */
export interface FileDigest extends FileId {
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface Confirmation {
  readonly connection: CardConnection;
  readonly secrets: AccessSecrets;
  readonly files: readonly FileDigest[];
  /** Files that no one can read with BAC or PACE alone, such as DG3: they are not compared. */
  readonly unreadable?: readonly FileId[];
  /** False: of a family without it (`DriverCapabilities`). Default true. */
  readonly extendedLength?: boolean;
  readonly random: (length: number) => Uint8Array;
}

const EF_CARD_ACCESS: FileId = { directory: 'MF', fid: 0x011c };
const READ_BYTES = 32_768;

/**
 * A chip was found locked and nobody knows whether the lock was the last thing that a lost session did: opens it as its
 * holder would, with the PACE that its planned EF.CardAccess announces and the CAN, or with BAC where it announces none, and compares
 * every file with what was planned. After this, and `proveLock`, the card is known to be finished, or known not to be this card.
 *
 * Errors: CHIP_CONTENT_DIFFERS; `AccessError` ACCESS_PASSWORD_WRONG when it opens with other secrets; the reader's own.
 */
export async function confirmLocked(request: Confirmation): Promise<void> {
  const readMax = request.extendedLength === false ? SHORT_READ_MAX : READ_BYTES;
  const readable = request.files.filter((file) => request.unreadable?.some((closed) => sameFile(closed, file)) !== true);
  const inMasterFile = readable.filter(({ directory }) => directory === 'MF');
  const inApplication = readable.filter(({ directory }) => directory === 'eMRTD');
  const clear = openChannel(request.connection);
  const pace = await announcedPace(clear, request, readMax);
  // BAC opens the application alone, PACE the master file first (Doc 9303-11 §4.2); what it has is everybody's before BAC.
  if (pace === null) await compare(clear, inMasterFile, readMax);
  const channel = pace === null ? await openByBac(clear, request) : await openByPace(clear, request, pace);
  try {
    if (pace !== null) {
      await compare(channel, inMasterFile, readMax);
      await selectApplication(channel);
    }
    await compare(channel, inApplication, readMax);
  } finally {
    channel.close();
  }
}

/** How the finished card opens; null: by BAC. Of a chip's EF.CardAccess only the planned one is believed. */
async function announcedPace(clear: ApduChannel, { files }: Confirmation, readMax: number): Promise<PaceChoice | null> {
  const planned = files.find((file) => sameFile(file, EF_CARD_ACCESS));
  if (planned === undefined) return null;
  const [first] = paceChoices(await readPlanned(clear, planned, readMax));
  return first ?? null;
}

async function openByPace(
  clear: ApduChannel,
  { secrets, random }: Confirmation,
  { parameters, sendParameterId }: PaceChoice,
): Promise<SmChannel> {
  const password = canPassword(secrets.can);
  try {
    return await openPace(clear, { parameters, password, random, sendParameterId });
  } finally {
    password.k.destroy();
  }
}

async function openByBac(clear: ApduChannel, { secrets: { mrzInformation }, random }: Confirmation): Promise<SmChannel> {
  await selectApplication(clear);
  return openBac(clear, { mrzInformation, random });
}

async function compare(channel: ApduChannel, files: readonly FileDigest[], readMax: number): Promise<void> {
  for (const file of files) await readPlanned(channel, file, readMax);
}

/** Of fixed length: it is no data object that would tell its own (Doc 9303-11 K.2). */
const EF_CVCA: FileId = { directory: 'eMRTD', fid: 0x011c };

/** Errors: CHIP_CONTENT_DIFFERS for other content than was planned. */
async function readPlanned(channel: ApduChannel, file: FileDigest, readMax: number): Promise<Uint8Array> {
  const options = { readMax, ...(sameFile(file, EF_CVCA) ? { length: file.size } : {}) };
  const bytes = await readFile(channel, file.fid, options)
    .catch((cause: unknown) => {
      // A driver that has asked the chip for its application has left the master file, to which no name leads back.
      if (file.directory === 'MF' && isFileUnavailable(cause)) return readFile(channel, file.fid, { ...options, byPath: true });
      throw cause;
    })
    .catch((cause: unknown) => {
      if (cause instanceof AccessError && cause.code === 'ACCESS_FILE_INVALID') return null;
      throw cause;
    });
  if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== file.sha256) {
    throw new PersonalisationError('CHIP_CONTENT_DIFFERS', { where: nameOfFile(file) });
  }
  return bytes;
}
