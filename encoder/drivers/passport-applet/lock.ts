import { expectSuccess, StatusWord, type ApduChannel, type CommandApdu } from '#encoder/apdu';
import { EMRTD_AID } from '#encoder/access';
import { checkLock } from '../lock-proof.ts';
import { TAG_FILE, TAG_FILE_BYTES } from './binding.ts';
import { createFile, LOCK, PERSONALISED, PUT_NOTHING, readBinary, selectFile } from './commands.ts';

/** DE AF first where the applet has PACE; both are irreversible. */
export async function lock(channel: ApduChannel, pace: boolean): Promise<void> {
  if (pace) expectSuccess(await channel.send(PERSONALISED), 'PUT DATA personalised');
  expectSuccess(await channel.send(LOCK), 'PUT DATA lock');
}

/**
 * A locked applet is there, closes its files to commands in clear (6982) and takes nothing more (6985). What reads comes first, and
 * what writes changes nothing on a chip that is open: no data object has the tag, and the file has that size.
 */
const PROBES: readonly (readonly [string, CommandApdu, ...answers: number[]])[] = [
  // A chip that refuses everything is not locked but broken.
  ['SELECT eMRTD', { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x0c, data: EMRTD_AID }, StatusWord.SUCCESS],
  ['SELECT EF', selectFile(TAG_FILE.fid), StatusWord.SECURITY_STATUS_NOT_SATISFIED],
  // After a SELECT that was refused there is no file to read either, which some chips look at first.
  ['READ BINARY', readBinary(0, 1), StatusWord.SECURITY_STATUS_NOT_SATISFIED, StatusWord.NO_CURRENT_EF],
  ['PUT DATA', PUT_NOTHING, StatusWord.CONDITIONS_NOT_SATISFIED],
  ['CREATE', createFile(TAG_FILE.fid, TAG_FILE_BYTES), StatusWord.CONDITIONS_NOT_SATISFIED],
];

/** Throws LOCK_NOT_PROVEN. `channel` is in clear. */
export async function proveLock(channel: ApduChannel): Promise<void> {
  await checkLock(PROBES.map(([operation, command, ...answers]) => ({ operation, command, channel, answers })));
}
