import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import { appendAudit } from '#production/audit';
import { changeState, lockCard, priorityOf } from '#production/cards';
import { ringInTransaction } from '#production/outbox';
import { requireTwoPersons } from '#production/people';
import { canonicalJson, newId, withTransaction, type BatchState, type StoreDeps, type Tables, type Trx } from '#production/store';
import { BatchError } from './batch-error.ts';

export interface CreatedBatch {
  readonly batchId: string;
  readonly provinceCode: string;
  readonly cards: number;
  /** 64 hex digits: what an approval has to name. */
  readonly contentHash: string;
}

/** Card records that wait become batches, one a province (of the delivery office), the oldest due dates first. */
export async function createBatches(
  deps: StoreDeps,
  request: { readonly who: string; readonly provinceCode?: string; readonly cardsMax?: number },
): Promise<readonly CreatedBatch[]> {
  const created: CreatedBatch[] = [];
  for (const provinceCode of await waitingProvinces(deps, request.provinceCode)) {
    const batch = await createBatch(deps, { who: request.who, provinceCode, cardsMax: request.cardsMax ?? 1000 });
    if (batch !== null) created.push(batch);
  }
  if (created.length === 0) throw new BatchError('BATCH_EMPTY', request.provinceCode === undefined ? {} : { where: request.provinceCode });
  return created;
}

async function waitingProvinces(deps: StoreDeps, only: string | undefined): Promise<readonly string[]> {
  let select = deps.db.selectFrom('cards').select('province_code').distinct().where('state', '=', 'LINTED').orderBy('province_code');
  if (only !== undefined) select = select.where('province_code', '=', only);
  return (await select.execute()).map((row) => row.province_code);
}

async function createBatch(
  deps: StoreDeps,
  request: { readonly who: string; readonly provinceCode: string; readonly cardsMax: number },
): Promise<CreatedBatch | null> {
  const { ids } = deps;
  const { who, provinceCode } = request;
  return await withTransaction(deps.db, async (trx) => {
    const cards = await trx
      .selectFrom('cards')
      .selectAll()
      .where('province_code', '=', provinceCode)
      .where('state', '=', 'LINTED')
      .orderBy('due_date')
      .orderBy('card_id')
      .limit(request.cardsMax)
      .forUpdate()
      .skipLocked()
      .execute();
    if (cards.length === 0) return null;
    const batchId = newId('bat', ids);
    const at = ids.now();
    await trx
      .insertInto('batches')
      .values({
        batch_id: batchId,
        province_code: provinceCode,
        state: 'OPEN',
        content_hash: Buffer.alloc(32),
        created_by: who,
        created_at: at,
        changed_at: at,
      })
      .execute();
    for (const card of cards) await changeState(trx, ids, card, { to: 'BATCHED', who, evidence: { batchId }, set: { batch_id: batchId } });
    const hash = await contentHash(trx, batchId);
    await trx.updateTable('batches').set({ content_hash: hash }).where('batch_id', '=', batchId).execute();
    const hex = hash.toString('hex');
    await appendAudit(trx, ids, {
      who,
      what: 'batch.OPEN',
      subject: batchId,
      evidence: { cards: cards.length, contentSha256: hex, provinceCode },
    });
    return { batchId, provinceCode, cards: cards.length, contentHash: hex };
  });
}

/** What is approved: which cards, from which approved records, for which offices. */
async function contentHash(trx: Pick<Trx, 'selectFrom'>, batchId: string): Promise<Buffer> {
  const rows = await trx
    .selectFrom('cards as c')
    .innerJoin('orders as o', 'o.order_key', 'c.order_key')
    .select(['c.card_id', 'c.delivery_office', 'o.record_hash'])
    .where('c.batch_id', '=', batchId)
    .where('c.state', '=', 'BATCHED')
    .orderBy('c.card_id')
    .execute();
  const cards = rows.map((row) => ({
    cardId: row.card_id,
    office: row.delivery_office,
    recordSha256: Buffer.from(row.record_hash).toString('hex'),
  }));
  return createHash('sha256')
    .update(canonicalJson({ batch: batchId, cards }))
    .digest();
}

export interface Release {
  readonly batchId: string;
  readonly state: 'AWAITS_SECOND_PERSON' | 'RELEASED';
  /** Who approved this content, in order. */
  readonly approvedBy: readonly string[];
}

/** An approval waits no longer for the second one (invariant D2). */
const APPROVAL_MS = 10 * 60_000;

/**
 * Two different persons release a batch: the first call approves, the second one, by somebody else and for the same
 * content, releases it, and in that transaction every card becomes RELEASED and its doorbell is in the outbox, the oldest due date
 * first. The same person again changes nothing unless the approval is over. Released already: the same answer.
 * Errors: BATCH_UNKNOWN, BATCH_STATE, APPROVAL_STALE, DUAL_CONTROL_SAME_PERSON.
 */
export async function releaseBatch(
  deps: StoreDeps,
  request: { readonly batchId: string; readonly contentHash: string; readonly who: string },
): Promise<Release> {
  const { batchId, who } = request;
  const { ids } = deps;
  return await withTransaction(deps.db, async (trx) => {
    const batch = await lockBatch(trx, batchId);
    const approvals = await trx.selectFrom('batch_approvals').selectAll().where('batch_id', '=', batchId).orderBy('at').execute();
    if (batch.state === 'RELEASED') return { batchId, state: 'RELEASED', approvedBy: approvals.slice(-2).map((row) => row.person_id) };
    if (batch.state !== 'OPEN') throw new BatchError('BATCH_STATE', { where: batchId, detail: batch.state });
    const hash = await contentHash(trx, batchId);
    if (hash.toString('hex') !== request.contentHash) throw new BatchError('APPROVAL_STALE', { where: batchId });
    const now = ids.now();
    const first = approvals.findLast((row) => hash.equals(row.content_hash) && now.getTime() - row.at.getTime() < APPROVAL_MS);
    if (first !== undefined) requireTwoPersons(first.person_id, who);
    await trx.insertInto('batch_approvals').values({ batch_id: batchId, person_id: who, content_hash: hash, at: now }).execute();
    await appendAudit(trx, ids, { who, what: 'batch.approved', subject: batchId, evidence: { contentSha256: request.contentHash } });
    if (first === undefined) return { batchId, state: 'AWAITS_SECOND_PERSON', approvedBy: [who] };
    await trx
      .updateTable('batches')
      .set({ state: 'RELEASED', content_hash: hash, released_at: now, changed_at: now })
      .where('batch_id', '=', batchId)
      .execute();
    const cards = await trx
      .selectFrom('cards')
      .selectAll()
      .where('batch_id', '=', batchId)
      .where('state', '=', 'BATCHED')
      .orderBy('due_date')
      .orderBy('priority')
      .orderBy('card_id')
      .forUpdate()
      .execute();
    for (const card of cards) await changeState(trx, ids, card, { to: 'RELEASED', who, evidence: { batchId } });
    await appendAudit(trx, ids, {
      who,
      what: 'batch.RELEASED',
      subject: batchId,
      evidence: { first: first.person_id, second: who, cards: cards.length, contentSha256: request.contentHash },
    });
    return { batchId, state: 'RELEASED', approvedBy: [first.person_id, who] };
  });
}

/** Nothing of the batch begins any more; what has a blank goes on to its end. Errors BATCH_UNKNOWN, BATCH_STATE. */
export async function holdBatch(deps: StoreDeps, request: { readonly batchId: string; readonly who: string }): Promise<BatchState> {
  const { batchId, who } = request;
  return await withTransaction<BatchState>(deps.db, async (trx) => {
    const batch = await lockBatch(trx, batchId);
    if (batch.state === 'HELD') return 'HELD';
    if (batch.state !== 'OPEN' && batch.state !== 'RELEASED') throw new BatchError('BATCH_STATE', { where: batchId, detail: batch.state });
    await trx
      .updateTable('batches')
      .set({ state: 'HELD', held_from: batch.state, changed_at: deps.ids.now() })
      .where('batch_id', '=', batchId)
      .execute();
    await appendAudit(trx, deps.ids, { who, what: 'batch.HELD', subject: batchId, evidence: { from: batch.state } });
    return 'HELD';
  });
}

/** Back to where it was held; the cards that wait are rung again. Errors BATCH_UNKNOWN, BATCH_STATE. */
export async function resumeBatch(deps: StoreDeps, request: { readonly batchId: string; readonly who: string }): Promise<BatchState> {
  const { batchId, who } = request;
  return await withTransaction(deps.db, async (trx) => {
    const batch = await lockBatch(trx, batchId);
    if (batch.state === 'OPEN' || batch.state === 'RELEASED') return batch.state;
    if (batch.state !== 'HELD' || batch.held_from === null) throw new BatchError('BATCH_STATE', { where: batchId, detail: batch.state });
    const state = batch.held_from as BatchState;
    await trx.updateTable('batches').set({ state, held_from: null, changed_at: deps.ids.now() }).where('batch_id', '=', batchId).execute();
    await appendAudit(trx, deps.ids, { who, what: 'batch.resumed', subject: batchId, evidence: { to: state } });
    const waiting = await trx
      .selectFrom('cards')
      .select(['card_id', 'supersedes'])
      .where('batch_id', '=', batchId)
      .where('state', '=', 'RELEASED')
      .orderBy('due_date')
      .orderBy('card_id')
      .execute();
    for (const card of waiting) await ringInTransaction(trx, 'encode', { cardId: card.card_id }, priorityOf(card));
    return state;
  });
}

/**
 * Takes one card out before a blank is bound to it, for good; its order is cancelled with it. A card that a station holds
 * under a lease, or that has a blank reserved, is not cancelled under its hands.
 * Errors CARD_UNKNOWN, CARD_TRANSITION_REFUSED, BATCH_STATE (a station is at work).
 */
export async function cancelCard(
  deps: StoreDeps,
  request: { readonly cardId: string; readonly who: string; readonly reason: string },
): Promise<void> {
  const { cardId, who, reason } = request;
  await withTransaction(deps.db, async (trx) => {
    const card = await lockCard(trx, cardId);
    if (card.state === 'CANCELLED') return;
    if (card.reserved_serial !== null || card.lease_owner !== null)
      throw new BatchError('BATCH_STATE', { where: cardId, detail: 'a station is at work on it' });
    await changeState(trx, deps.ids, card, { to: 'CANCELLED', who, evidence: { reason } });
    await trx
      .updateTable('orders')
      .set({ state: 'CANCELLED', changed_at: deps.ids.now() })
      .where('order_key', '=', card.order_key)
      .execute();
    await appendAudit(trx, deps.ids, { who, what: 'order.CANCELLED', subject: card.order_key, evidence: { reason } });
  });
}

type BatchRow = Selectable<Tables['batches']>;

async function lockBatch(trx: Trx, batchId: string): Promise<BatchRow> {
  const row = await trx.selectFrom('batches').selectAll().where('batch_id', '=', batchId).forUpdate().executeTakeFirst();
  if (row === undefined) throw new BatchError('BATCH_UNKNOWN', { where: batchId });
  return row;
}
