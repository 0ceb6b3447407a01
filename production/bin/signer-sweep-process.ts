/**
 * The signer under the sweep's hand (`signer-sweep.ts`): the real one, over a real database, whose token is in the process that started it. Its
 * orders come as lines on stdin: where to die, by SIGKILL, and at which arrival there.
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Secret } from '#encoder/bytes';
import { channelToParent, hostedHsm } from '#pki/hsm';
import { silentLogger } from '#production/logging';
import { createAnswers, serveSigner, type SigningPoint } from '#production/signer';
import { openDatabase } from '#production/store';
import { rehearsalToken } from './rehearsal-token.ts';
import { rehearsalTrust } from './rehearsal-trust.ts';
import type { SweepOrder } from './signer-sweep.ts';

let armed: { readonly point: SigningPoint; arrivals: number } | undefined;

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
lines.on('line', (line) => void obey(JSON.parse(line) as SweepOrder));

async function obey(order: SweepOrder): Promise<void> {
  if (order.order === 'arm') armed = { point: order.point, arrivals: order.arrival };
  else await serve(order);
  process.stdout.write('done\n');
}

async function serve(order: Extract<SweepOrder, { readonly order: 'serve' }>): Promise<void> {
  const hsm = hostedHsm({ start: () => ({ ...channelToParent(), kill: () => undefined }) });
  await hsm.open(new Secret(Buffer.from(order.pin, 'hex')));
  const answers = createAnswers({
    db: openDatabase(order.connection, { connectionsMax: 4 }),
    tokens: [rehearsalToken(order.token, hsm)],
    trust: rehearsalTrust(Uint8Array.from(Buffer.from(order.csca, 'hex'))),
    clock: () => new Date(),
    reached: (point) => {
      if (armed?.point !== point) return;
      armed.arrivals -= 1;
      if (armed.arrivals === 0) process.kill(process.pid, 'SIGKILL');
    },
  });
  const nobody = (): string => randomBytes(32).toString('hex');
  const identities = { api: nobody(), line: order.identity, inspector: nobody(), worker: nobody(), authority: nobody() };
  await serveSigner(order.socketPath, { answers, identities, log: silentLogger });
}
