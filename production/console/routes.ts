import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { Type, type Static } from 'typebox';

import { PLANT_ROLES } from '#production/access';
import type { EventStreams, Room, ServerSentEvent } from '#production/http';
import { listProvinces } from '#production/provinces';

import type { EventFeed } from './event-feed.ts';
import { plantReport, type Report, type ReportDeps } from './report.ts';

const Time = Type.String({ format: 'date-time' });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const Counts = Type.Record(Type.String(), Type.Integer());

const ReportBody = Type.Object({
  at: Time,
  seq: Type.Integer(),
  orders: Counts,
  cards: Counts,
  stock: Type.Object({
    received: Type.Integer(),
    vault: Type.Integer(),
    line: Type.Integer(),
    good: Type.Integer(),
    spoiled: Type.Integer(),
    destroyed: Type.Integer(),
    balanced: Type.Boolean(),
    differences: Type.Array(Type.String()),
  }),
  yield: Type.Object({ good: Type.Integer(), spoiled: Type.Integer(), ratio: orNull(Type.Number()), byReason: Counts }),
  line: orNull(
    Type.Object({
      line: Type.String(),
      mode: Type.String(),
      reason: orNull(Type.String()),
      changedBy: Type.String(),
      seats: Type.Array(
        Type.Object({
          place: Type.String(),
          inService: Type.Boolean(),
          doing: Type.String(),
          cardId: orNull(Type.String()),
          serial: orNull(Type.String()),
          changedAt: Time,
        }),
      ),
    }),
  ),
  batches: Type.Array(
    Type.Object({
      batchId: Type.String(),
      provinceCode: Type.String(),
      provinceName: Type.String(),
      state: Type.String(),
      createdAt: Time,
      releasedAt: orNull(Time),
      approvedBy: Type.Array(Type.String()),
      cards: Counts,
      consignmentId: orNull(Type.String()),
    }),
  ),
  shipments: Type.Array(
    Type.Object({
      consignmentId: Type.String(),
      batchId: Type.String(),
      provinceCode: Type.String(),
      provinceName: Type.String(),
      state: Type.String(),
      cards: Type.Integer(),
      packedAt: orNull(Time),
      shippedAt: orNull(Time),
      receivedAt: orNull(Time),
    }),
  ),
  openCases: Type.Integer(),
});

/** Reading the whole ledger for every open page would be a load of its own. */
const FRESH_MS = 500;

/** `/v1/report` and `/v1/events`. */
export function reportRoom(deps: ReportDeps, live: { readonly feed: EventFeed; readonly streams: EventStreams }): Room {
  const provinceNames = new Map<string, string>();
  let last: { readonly at: number; readonly report: Promise<Report> } | undefined;
  const fresh = async (): Promise<Report> => {
    if (provinceNames.size === 0) for (const province of await listProvinces(deps)) provinceNames.set(province.code, province.name);
    if (last === undefined || performance.now() - last.at > FRESH_MS) {
      last = { at: performance.now(), report: plantReport(deps) };
      last.report.catch(() => (last = undefined));
    }
    return await last.report;
  };
  return {
    name: 'report',
    statuses: {},
    routes(api) {
      api.route({
        method: 'GET',
        url: '/v1/report',
        config: { access: PLANT_ROLES },
        schema: {
          tags: ['report'],
          summary: 'The plant in numbers: orders, cards by state, stock, yield, line, batches, shipments',
          response: { 200: ReportBody },
        },
        handler: async () => shown(await fresh(), provinceNames),
      });
      api.route({
        method: 'GET',
        url: '/v1/events',
        config: { access: PLANT_ROLES, answerIsFile: true },
        schema: {
          tags: ['report'],
          summary: 'What happens, as server-sent events',
          description:
            'Events `change` (id: place in the audit chain), `seats`, `hello`, `reset` (read the report again), `away`, `back`. Send `Last-Event-ID` to hear what was missed.',
          produces: ['text/event-stream'],
        },
        handler: async (request, reply) => {
          const given = request.headers['last-event-id'];
          const lastSeq = typeof given === 'string' && /^[0-9]{1,15}$/u.test(given) ? Number(given) : null;
          // Heard before the answer begins, so that a database that is away is a 503 and not a stream that says nothing.
          const early: ServerSentEvent[] = [];
          let hear = (event: ServerSentEvent): void => void early.push(event);
          const end = await live.feed.listen(lastSeq, (event) => hear(event));
          try {
            const stream = live.streams.open(reply);
            stream.onClose(end);
            for (const event of early) stream.send(event);
            hear = (event) => stream.send(event);
          } catch (error) {
            end();
            throw error;
          }
          return reply;
        },
      });
    },
  };
}

function shown(report: Report, provinceNames: ReadonlyMap<string, string>): Static<typeof ReportBody> {
  const time = (at: Date | null): string | null => at?.toISOString() ?? null;
  return {
    at: report.at.toISOString(),
    seq: report.seq,
    orders: counts(report.orders),
    cards: counts(report.cards),
    stock: { ...report.stock, differences: [...report.stock.differences] },
    yield: { ...report.yield, byReason: { ...report.yield.byReason } },
    line:
      report.line === null
        ? null
        : { ...report.line, seats: report.line.seats.map((seat) => ({ ...seat, changedAt: seat.changedAt.toISOString() })) },
    batches: report.batches.map((batch) => ({
      batchId: batch.batchId,
      provinceCode: batch.provinceCode,
      provinceName: provinceNames.get(batch.provinceCode) ?? batch.provinceCode,
      state: batch.state,
      createdAt: batch.createdAt.toISOString(),
      releasedAt: time(batch.releasedAt),
      approvedBy: batch.approvals.map((approval) => approval.who),
      cards: counts(batch.cards),
      consignmentId: batch.consignmentId,
    })),
    shipments: report.shipments.map((shipment) => ({
      ...shipment,
      packedAt: time(shipment.packedAt),
      shippedAt: time(shipment.shippedAt),
      receivedAt: time(shipment.receivedAt),
    })),
    openCases: report.openCases,
  };
}

function counts(of: Readonly<Partial<Record<string, number>>>): Record<string, number> {
  return Object.fromEntries(Object.entries(of).filter((entry): entry is [string, number] => entry[1] !== undefined));
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

/** The page: files read once at boot, so that no path from outside ever reaches the file system. */
export function consoleRoom(): Room {
  const publicFolder = fileURLToPath(new URL('./public/', import.meta.url));
  return {
    name: 'console',
    statuses: {},
    routes(api) {
      for (const name of readdirSync(publicFolder)) {
        const type = MEDIA_TYPES[name.split('.').at(-1) ?? ''];
        if (type === undefined) continue;
        const bytes = readFileSync(`${publicFolder}${name}`);
        const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
        api.route({
          method: 'GET',
          url: name === 'index.html' ? '/' : `/${name}`,
          config: { access: 'public' },
          schema: { hide: true },
          handler: (request, reply) => {
            void reply.header('etag', tag).header('cache-control', 'no-cache').type(type);
            if (request.headers['if-none-match'] === tag) return reply.code(304).send();
            return reply.send(bytes);
          },
        });
      }
    },
  };
}
