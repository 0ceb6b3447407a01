import { createHash } from 'node:crypto';
import { openChannel, type ApduChannel } from '#encoder/apdu';
import {
  AccessError,
  canPassword,
  openBac,
  openPace,
  paceParameters,
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
  /** id-PACE-… in dotted form and number of the domain parameters, as EF.CardAccess of the profile announces them; null: BAC. */
  readonly pace?: { readonly oid: string; readonly parameterId: number } | null;
  /** False: of a family without it (`DriverCapabilities`). Default true. */
  readonly extendedLength?: boolean;
  readonly random: (length: number) => Uint8Array;
}

/** id-PACE-ECDH-GM-AES-CBC-CMAC-128 over brainpoolP256r1. */
const PACE = { oid: '0.4.0.127.0.7.2.2.4.2.2', parameterId: 13 } as const;
const READ_BYTES = 32_768;

/**
 * A chip was found locked and nobody knows whether the lock was the last thing that a lost session did: opens it as its
 * holder would, with PACE and the CAN, or with BAC where the card has no PACE, and compares every file with what was planned. After this,
 * and `proveLock`, the card is known to be finished, or known not to be this card.
 *
 * Errors: CHIP_CONTENT_DIFFERS; `AccessError` ACCESS_PASSWORD_WRONG when it opens with other secrets; the reader's own.
 */
export async function confirmLocked(request: Confirmation): Promise<void> {
  const readMax = request.extendedLength === false ? SHORT_READ_MAX : READ_BYTES;
  const readable = request.files.filter((file) => request.unreadable?.some((closed) => sameFile(closed, file)) !== true);
  const inMasterFile = readable.filter(({ directory }) => directory === 'MF');
  const inApplication = readable.filter(({ directory }) => directory === 'eMRTD');
  const clear = openChannel(request.connection);
  // BAC opens the application alone, PACE the master file first (Doc 9303-11 §4.2); what it has is everybody's before BAC.
  if (request.pace === null) await compare(clear, inMasterFile, readMax);
  const channel = request.pace === null ? await openByBac(clear, request) : await openByPace(clear, request, request.pace ?? PACE);
  try {
    if (request.pace !== null) {
      await compare(channel, inMasterFile, readMax);
      await selectApplication(channel);
    }
    await compare(channel, inApplication, readMax);
  } finally {
    channel.close();
  }
}

async function openByPace(
  clear: ApduChannel,
  { secrets, random }: Confirmation,
  { oid, parameterId }: { readonly oid: string; readonly parameterId: number },
): Promise<SmChannel> {
  const password = canPassword(secrets.can);
  try {
    return await openPace(clear, { parameters: paceParameters(oid, parameterId), password, random });
  } finally {
    password.k.destroy();
  }
}

async function openByBac(clear: ApduChannel, { secrets: { mrzInformation }, random }: Confirmation): Promise<SmChannel> {
  await selectApplication(clear);
  return openBac(clear, { mrzInformation, random });
}

async function compare(channel: ApduChannel, files: readonly FileDigest[], readMax: number): Promise<void> {
  for (const { directory, fid, size, sha256 } of files) {
    // By its planned length: EF.CVCA is no data object that would tell it (Doc 9303-11 K.2).
    const bytes = await readFile(channel, fid, { readMax, length: size }).catch((cause: unknown) => {
      if (cause instanceof AccessError && cause.code === 'ACCESS_FILE_INVALID') return null;
      throw cause;
    });
    if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new PersonalisationError('CHIP_CONTENT_DIFFERS', { where: nameOfFile({ directory, fid }) });
    }
  }
}
