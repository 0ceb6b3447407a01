import { createHash } from 'node:crypto';
import { openChannel } from '#encoder/apdu';
import { canPassword, openPace, paceParameters, readFile, selectApplication } from '#encoder/access';
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
  /** id-PACE-… in dotted form and number of the domain parameters, as EF.CardAccess of the profile announces them. */
  readonly pace?: { readonly oid: string; readonly parameterId: number };
  readonly random: (length: number) => Uint8Array;
}

/** id-PACE-ECDH-GM-AES-CBC-CMAC-128 over brainpoolP256r1. */
const PACE = { oid: '0.4.0.127.0.7.2.2.4.2.2', parameterId: 13 } as const;
const READ_BYTES = 32_768;

/**
 * A chip was found locked and nobody knows whether the lock was the last thing that a lost session did: opens it as its
 * holder would, with PACE and the CAN, and compares every file with what was planned. After this, and `proveLock`, the card is known
 * to be finished, or known not to be this card.
 *
 * Errors: CHIP_CONTENT_DIFFERS; `AccessError` ACCESS_PASSWORD_WRONG when it opens with other secrets; the reader's own.
 */
export async function confirmLocked(request: Confirmation): Promise<void> {
  const { oid, parameterId } = request.pace ?? PACE;
  const password = canPassword(request.secrets.can);
  const channel = await openPace(openChannel(request.connection), {
    parameters: paceParameters(oid, parameterId),
    password,
    random: request.random,
  });
  password.k.destroy();
  try {
    // PACE opens the master file; its files come before the application is selected (Doc 9303-11 §4.2).
    const readable = request.files.filter((file) => request.unreadable?.some((closed) => sameFile(closed, file)) !== true);
    const inMasterFile = readable.filter(({ directory }) => directory === 'MF');
    const inApplication = readable.filter(({ directory }) => directory === 'eMRTD');
    for (const [at, file] of [...inMasterFile, ...inApplication].entries()) {
      if (at === inMasterFile.length) await selectApplication(channel);
      const bytes = await readFile(channel, file.fid, { readMax: READ_BYTES });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (bytes.length !== file.size || sha256 !== file.sha256) {
        throw new PersonalisationError('CHIP_CONTENT_DIFFERS', { where: nameOfFile(file) });
      }
    }
  } finally {
    channel.close();
  }
}
