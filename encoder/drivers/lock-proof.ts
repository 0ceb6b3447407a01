import { statusName, type ApduChannel, type CommandApdu } from '#encoder/apdu';
import { DriverError } from './driver-error.ts';

/** A command whose answer tells a locked chip from an open one, and which does no harm to either. */
export interface LockProbe {
  readonly operation: string;
  readonly command: CommandApdu;
  readonly channel: ApduChannel;
  /** Status words that a locked chip answers with. */
  readonly answers: readonly number[];
}

/** Throws LOCK_NOT_PROVEN at the first probe that is answered otherwise; those after it are not sent. */
export async function checkLock(probes: readonly LockProbe[]): Promise<void> {
  for (const { operation, command, channel, answers } of probes) {
    const { sw } = await channel.send(command);
    if (!answers.includes(sw)) throw new DriverError('LOCK_NOT_PROVEN', operation, { detail: statusName(sw) });
  }
}
