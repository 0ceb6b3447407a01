import type { BatchState, StoreDeps } from '#production/store';
import type { CardState } from '#queues/ports';

export interface BatchView {
  readonly batchId: string;
  readonly provinceCode: string;
  readonly state: BatchState;
  readonly contentHash: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly releasedAt: Date | null;
  readonly approvals: readonly { readonly who: string; readonly at: Date; readonly contentHash: string }[];
  readonly cards: Readonly<Partial<Record<CardState, number>>>;
  readonly consignmentId: string | null;
}

/** Null when there is no such batch. */
export async function findBatch(deps: Pick<StoreDeps, 'db'>, batchId: string): Promise<BatchView | null> {
  return (await views(deps, { batchId }))[0] ?? null;
}

/** In the order of making. */
export async function listBatches(
  deps: Pick<StoreDeps, 'db'>,
  query: { readonly provinceCode?: string; readonly state?: BatchState } = {},
): Promise<readonly BatchView[]> {
  return await views(deps, query);
}

async function views(
  deps: Pick<StoreDeps, 'db'>,
  query: { readonly batchId?: string; readonly provinceCode?: string; readonly state?: BatchState },
): Promise<readonly BatchView[]> {
  const { db } = deps;
  let select = db
    .selectFrom('batches as b')
    .leftJoin('consignments as k', 'k.batch_id', 'b.batch_id')
    .selectAll('b')
    .select('k.consignment_id')
    .orderBy('b.batch_id')
    .limit(1000);
  if (query.batchId !== undefined) select = select.where('b.batch_id', '=', query.batchId);
  if (query.provinceCode !== undefined) select = select.where('b.province_code', '=', query.provinceCode);
  if (query.state !== undefined) select = select.where('b.state', '=', query.state);
  const batches = await select.execute();
  if (batches.length === 0) return [];
  const batchIds = batches.map((batch) => batch.batch_id);
  const approvals = await db.selectFrom('batch_approvals').selectAll().where('batch_id', 'in', batchIds).orderBy('at').execute();
  const counts = await db
    .selectFrom('cards')
    .select((eb) => ['batch_id', 'state', eb.fn.countAll<number>().as('n')])
    .where('batch_id', 'in', batchIds)
    .groupBy(['batch_id', 'state'])
    .execute();
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return batches.map((batch) => ({
    batchId: batch.batch_id,
    provinceCode: batch.province_code,
    state: batch.state,
    contentHash: hex(batch.content_hash),
    createdBy: batch.created_by,
    createdAt: batch.created_at,
    releasedAt: batch.released_at,
    approvals: approvals
      .filter((row) => row.batch_id === batch.batch_id)
      .map((row) => ({ who: row.person_id, at: row.at, contentHash: hex(row.content_hash) })),
    cards: Object.fromEntries(counts.filter((row) => row.batch_id === batch.batch_id).map((row) => [row.state, row.n])),
    consignmentId: batch.consignment_id,
  }));
}
