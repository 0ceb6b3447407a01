import { type ApduChannel, type CommandApdu, expectSuccess, isRefusal } from '#encoder/apdu';
import { AccessError } from './access-error.ts';

/**
 * Sends one command of a protocol and gives its response data. `where` is `protocol/step`. Throws `AccessError`
 * ACCESS_REFUSED with the status word, with the `CardError` as its cause; the channel's own errors pass.
 */
export async function ask(channel: ApduChannel, command: Omit<CommandApdu, 'cla'>, where: string): Promise<Uint8Array> {
  const response = await channel.send({ cla: 0, ...command });
  try {
    return expectSuccess(response, where);
  } catch (cause) {
    throw isRefusal(cause) ? new AccessError('ACCESS_REFUSED', { where, detail: cause.detail ?? '', cause }) : cause;
  }
}
