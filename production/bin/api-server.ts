/** Seats every room at the control API's table. Apart from `api.ts`, so that a test can serve it on a database of its own. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Secret, utf8 } from '#encoder/bytes';
import { sealToAll } from '#pki/sealed-box';
import { HttpError } from '#production/access';
import { batchRoom } from '#production/batches';
import { cardRoom, countByState, lineRoom, lineStatus } from '#production/cards';
import { consoleRoom, EventFeed, reportRoom } from '#production/console';
import {
  createServer,
  EventStreams,
  healthRoom,
  metricsRoom,
  parseStrictJson,
  type Api,
  type GaugeSource,
  type ReadinessCheck,
  type Room,
  type ServerOptions,
  type StatusTable,
} from '#production/http';
import type { Logger } from '#production/logging';
import { orderRoom, type IntakeDeps } from '#production/orders';
import { authenticate, peopleRoom } from '#production/people';
import { shipmentRoom } from '#production/shipments';
import type { SignerErrorCode } from '#production/signer';
import { balance, stockRoom } from '#production/stock';
import { asStoreError, type StoreErrorCode } from '#production/store';
import { yieldOf } from '#production/yield';

export interface ApiDeps extends IntakeDeps {
  readonly log: Logger;
  readonly line: string;
  /** Each dependency by name. */
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  /** How many jobs wait, by queue. */
  readonly queueDepths: () => Promise<Readonly<Record<string, number>>>;
  readonly timeouts?: ServerOptions['timeouts'];
}

export interface RunningApi {
  readonly api: Api;
  /** Ends the event streams, finishes what is in hand, closes. */
  stop(): Promise<void>;
}

/** A delivery note of half a million blanks has three keys a blank, at most. */
const NOTE_LIMITS = { depthMax: 4, keysMax: 1_500_000, stringMax: 256 };
/** A receipt and its signature, 4 MiB each, in base64. */
const RECEIPT_LIMITS = { depthMax: 1, keysMax: 2, stringMax: 5_600_000 };

/** "Not now": nothing is lost and the same request is good again later. Beyond these a code of the store or the signer is our own fault. */
const DEPENDENCY_STATUSES = {
  DATABASE_UNREACHABLE: 503,
  DATABASE_FULL: 503,
  DATABASE_CONTENDED: 503,
  COMMIT_OUTCOME_UNKNOWN: 503,
  SIGNER_UNREACHABLE: 503,
} as const satisfies Partial<StatusTable<StoreErrorCode | SignerErrorCode>>;

export async function createApi(deps: ApiDeps): Promise<RunningApi> {
  const { db, log, line } = deps;
  const streams = new EventStreams();
  const feed = new EventFeed({ db, log, seats: async () => (await lineStatus(deps, line))?.seats ?? [] });
  const metrics = metricsRoom(gauges(deps, () => streams.size));
  const rooms: readonly Room[] = [
    { name: 'dependencies', statuses: DEPENDENCY_STATUSES, routes: () => undefined },
    healthRoom(deps.checks),
    metrics,
    peopleRoom,
    orderRoom(deps),
    batchRoom(deps),
    lineRoom(deps, { line }),
    cardRoom(deps),
    stockRoom(deps, { parse: (bytes) => parseStrictJson(bytes, NOTE_LIMITS) }),
    shipmentRoom(deps, { parse: (bytes) => parseStrictJson(bytes, RECEIPT_LIMITS) }),
    reportRoom({ db, ids: deps.ids, line }, { feed, streams }),
    consoleRoom(),
  ];
  const api = await createServer({
    log,
    rooms,
    version: version(),
    observe: metrics.observe,
    authenticate: (token) => authenticate(db, token),
    translateError: asStoreError,
    ...(deps.timeouts === undefined ? {} : { timeouts: deps.timeouts }),
  });
  return {
    api,
    async stop() {
      await feed.stop();
      streams.endAll();
      await api.close();
    },
  };
}

function gauges(deps: ApiDeps, streams: () => number): readonly GaugeSource[] {
  return [
    {
      name: 'cardmint_cards',
      help: 'Card records by state',
      labels: ['state'],
      read: async () => Object.entries(await countByState(deps)).map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: 'cardmint_stock_blanks',
      help: 'Blanks by account of the ledger',
      labels: ['account'],
      read: async () => {
        const { received, vault, line, good, spoiled, destroyed } = await balance(deps.db);
        return Object.entries({ received, vault, line, good, spoiled, destroyed }).map(([account, value]) => ({
          labels: { account },
          value,
        }));
      },
    },
    {
      name: 'cardmint_stock_balanced',
      help: '1 while received = vault + line + good + spoiled + destroyed, serial by serial',
      labels: [],
      read: async () => [{ labels: {}, value: (await balance(deps.db)).balanced ? 1 : 0 }],
    },
    {
      name: 'cardmint_yield_ratio',
      help: 'good / (good + spoiled), from the ledger; absent before the first card',
      labels: [],
      read: async () => {
        const { ratio } = await yieldOf(deps);
        return ratio === null ? [] : [{ labels: {}, value: ratio }];
      },
    },
    {
      name: 'cardmint_seats',
      help: 'Seats of the line by what they are doing and whether they are in service',
      labels: ['doing', 'in_service'],
      read: async () => {
        const counts = new Map<string, { labels: Record<string, string>; value: number }>();
        for (const seat of (await lineStatus(deps, deps.line))?.seats ?? []) {
          const labels = { doing: seat.doing, in_service: String(seat.inService) };
          const key = JSON.stringify(labels);
          counts.set(key, { labels, value: (counts.get(key)?.value ?? 0) + 1 });
        }
        return [...counts.values()];
      },
    },
    {
      name: 'cardmint_queue_jobs',
      help: 'Doorbells not answered yet, by queue',
      labels: ['queue'],
      read: async () => Object.entries(await deps.queueDepths()).map(([queue, value]) => ({ labels: { queue }, value })),
    },
    {
      name: 'cardmint_event_streams',
      help: 'Open event streams',
      labels: [],
      read: async () => Promise.resolve([{ labels: {}, value: streams() }]),
    },
  ];
}

/** Seals a record's data key to the public keys of all tokens. */
export const sealToTokens: IntakeDeps['sealBox'] = (recipients, plaintext, context) => {
  const secret = new Secret(plaintext);
  try {
    return sealToAll(recipients, secret, utf8(context));
  } finally {
    secret.destroy();
  }
};

/** A dependency that does not answer, as `/readyz` says it. */
export function away(name: string, detail?: string): HttpError {
  return new HttpError('DEPENDENCY_UNAVAILABLE', detail === undefined ? { where: name } : { where: name, detail });
}

/** From the package's manifest, which is two folders up from the sources and three from `dist/`. */
function version(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(fileURLToPath(new URL(up, import.meta.url)), 'utf8')) as { version?: string };
      if (manifest.version !== undefined) return manifest.version;
    } catch {
      // The other one.
    }
  }
  return '0';
}
