import { auditLength } from '#production/audit';
import { listBatches, type BatchView } from '#production/batches';
import { countByState, lineStatus, type LineStatus } from '#production/cards';
import { countOrders } from '#production/orders';
import { balance, type Balance } from '#production/stock';
import type { StoreDeps } from '#production/store';
import { yieldOf, type Yield } from '#production/yield';

export interface ReportDeps extends Pick<StoreDeps, 'db'> {
  readonly ids: Pick<StoreDeps['ids'], 'now'>;
  readonly line: string;
}

/** The plant in numbers. Nothing in it is about a citizen. */
export interface Report {
  readonly at: Date;
  /** The length of the audit chain: where the events of this report end, at least. */
  readonly seq: number;
  readonly orders: Readonly<Partial<Record<string, number>>>;
  readonly cards: Readonly<Partial<Record<string, number>>>;
  readonly stock: Balance;
  readonly yield: Yield;
  readonly line: LineStatus | null;
  readonly batches: readonly BatchView[];
  readonly shipments: readonly ShipmentLine[];
  readonly openCases: number;
}

export interface ShipmentLine {
  readonly consignmentId: string;
  readonly batchId: string;
  readonly provinceCode: string;
  readonly provinceName: string;
  readonly state: string;
  readonly cards: number;
  readonly packedAt: Date | null;
  readonly shippedAt: Date | null;
  readonly receivedAt: Date | null;
}

/** The newest ones only: older batches and shipments have their own routes. */
const ROWS_MAX = 50;

export async function plantReport(deps: ReportDeps): Promise<Report> {
  const [seq, orders, cards, stock, made, line, batches, shipments, cases] = await Promise.all([
    auditLength(deps.db),
    countOrders(deps),
    countByState(deps),
    balance(deps.db),
    yieldOf(deps),
    lineStatus(deps, deps.line),
    listBatches(deps),
    newestShipments(deps),
    deps.db
      .selectFrom('cases')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('state', '=', 'OPEN')
      .executeTakeFirstOrThrow(),
  ]);
  return {
    at: deps.ids.now(),
    seq,
    orders,
    cards,
    stock,
    yield: made,
    line,
    batches: batches.slice(-ROWS_MAX).toReversed(),
    shipments,
    openCases: cases.n,
  };
}

async function newestShipments(deps: ReportDeps): Promise<readonly ShipmentLine[]> {
  return await deps.db
    .selectFrom('consignments as k')
    .innerJoin('provinces as p', 'p.province_code', 'k.province_code')
    .select((eb) => [
      'k.consignment_id as consignmentId',
      'k.batch_id as batchId',
      'k.province_code as provinceCode',
      'p.name as provinceName',
      'k.state',
      'k.packed_at as packedAt',
      'k.shipped_at as shippedAt',
      'k.received_at as receivedAt',
      eb
        .selectFrom('consignment_cards as c')
        .select((inner) => inner.fn.countAll<number>().as('n'))
        .whereRef('c.consignment_id', '=', 'k.consignment_id')
        .as('cards'),
    ])
    .orderBy('k.consignment_id', 'desc')
    .limit(ROWS_MAX)
    .execute()
    .then((rows) => rows.map((row) => ({ ...row, cards: row.cards ?? 0 })));
}
