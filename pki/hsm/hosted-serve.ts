import { Secret } from '#encoder/bytes';
import type { Channel } from './hosted-channel.ts';
import { cross, failureOf, isCall, land, type Answer, type Call } from './hosted-message.ts';
import { HsmError } from './hsm-error.ts';
import type { Hsm } from './hsm.ts';

/**
 * Serves a token to the process at the other end of the channel, which sees it through `hostedHsm`. Says its kind first, then answers calls as
 * they finish, several at once. Secrets that came or went are wiped here when the call is answered. When the other end is gone the token is
 * closed: a token that nobody asks has no reason to be open. What is not a call is left to whoever else listens.
 */
export function serveHsm(hsm: Hsm, channel: Channel): void {
  if (hsm.kind === 'hosted') throw new HsmError('HSM_LIBRARY_FAILED', { where: 'serveHsm', detail: 'it is hosted itself' });
  channel.onMessage((message) => {
    if (isCall(message)) void answer(hsm, channel, message);
  });
  channel.onClose(() => {
    void hsm.close();
  });
  channel.send({ serves: hsm.kind });
}

async function answer(hsm: Hsm, channel: Channel, { id, method, args }: Call): Promise<void> {
  const landed = args.map(land);
  const secrets = landed.filter((value) => value instanceof Secret);
  try {
    // Both ends are this room: the arguments are those of the method.
    const call = hsm[method].bind(hsm) as (...values: readonly unknown[]) => Promise<unknown>;
    const value = await call(...landed);
    if (value instanceof Secret) secrets.push(value);
    cross([value], ([wire]) => {
      channel.send({ id, value: wire } satisfies Answer);
    });
  } catch (error) {
    channel.send({ id, failure: failureOf(error, method) } satisfies Answer);
  } finally {
    for (const secret of secrets) secret.destroy();
  }
}
