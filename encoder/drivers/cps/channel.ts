import { fromHex } from '#encoder/bytes';
import { openScp02, openScp03, type SecureChannel } from '#encoder/globalplatform';
import type { CardConnection } from '#encoder/readers';
import type { TransportKeys } from '../transport-keys.ts';
import type { CpsLayout } from './layout.ts';

interface Protocol {
  readonly name: 'SCP02' | 'SCP03';
  readonly open: (connection: CardConnection, offered: readonly TransportKeys[], request: ChannelRequest) => Promise<SecureChannel>;
}

export interface ChannelRequest {
  readonly layout: Pick<CpsLayout, 'securityDomain'>;
  readonly random: (length: number) => Uint8Array;
}

const scp02 =
  (challengeFollowsAid: boolean): Protocol['open'] =>
  (connection, offered, { layout, random }) =>
    openScp02(connection, offered, {
      hostChallenge: random(8),
      ...(challengeFollowsAid ? { challengeAid: fromHex(layout.securityDomain) } : {}),
    });

/** Everything that the protocol can protect is protected: SCP02 commands, SCP03 commands and answers. */
export const PROTOCOLS: Readonly<Record<CpsLayout['channel'], Protocol>> = {
  'SCP02-15': { name: 'SCP02', open: scp02(false) },
  'SCP02-55': { name: 'SCP02', open: scp02(true) },
  SCP03: {
    name: 'SCP03',
    open: (connection, offered, { random }) => openScp03(connection, offered, { hostChallenge: random(8), securityLevel: 0x33 }),
  },
};
