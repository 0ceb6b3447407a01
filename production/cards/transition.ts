import { appendAudit } from '#production/audit';
import { ringInTransaction } from '#production/outbox';
import type { EvidenceJson, IdSource, Tables, Trx } from '#production/store';
import { PRIORITY } from '#queues/jobs';
import type { CardId, CardState } from '#queues/ports';
import type { Selectable } from 'kysely';
import { CardError } from './card-error.ts';
import { doorbellOf, eventBetween } from './lifecycle.ts';

export type CardRow = Selectable<Tables['cards']>;

/** Locks a card record until the transaction ends. Error CARD_UNKNOWN. */
export async function lockCard(trx: Trx, cardId: CardId): Promise<CardRow> {
  const row = await trx.selectFrom('cards').selectAll().where('card_id', '=', cardId).forUpdate().executeTakeFirst();
  if (row === undefined) throw new CardError('CARD_UNKNOWN', { where: cardId });
  return row;
}

export interface StateChange {
  readonly to: CardState;
  readonly who: string;
  readonly evidence?: EvidenceJson;
  /** Columns that change with the state. */
  readonly set?: Partial<Pick<CardRow, 'batch_id' | 'bound_serial' | 'chip_id' | 'reserved_serial' | 'sod_hash'>>;
}

/**
 * One arrow of the lifecycle for a card record that the caller has locked: state, history, audit entry and the next
 * station's doorbell, together. Going back from IN_DOUBT or HOLD is allowed to exactly where the card came from.
 * Error CARD_TRANSITION_REFUSED.
 */
export async function changeState(trx: Trx, ids: Pick<IdSource, 'now'>, card: CardRow, change: StateChange): Promise<void> {
  const { to, who, evidence = {} } = change;
  const back = (card.state === 'IN_DOUBT' && card.doubted_from === to) || (card.state === 'HOLD' && card.held_from === to);
  if (!back) eventBetween(card.state, to);
  await trx
    .updateTable('cards')
    .set({
      ...change.set,
      state: to,
      doubted_from: to === 'IN_DOUBT' ? card.state : null,
      held_from: to === 'HOLD' ? card.state : null,
      changed_at: ids.now(),
    })
    .where('card_id', '=', card.card_id)
    .execute();
  await recordState(trx, ids, { cardId: card.card_id, from: card.state, to, who, fence: card.fence, evidence });
  const queue = back && card.state === 'IN_DOUBT' ? null : doorbellOf(to);
  if (queue !== null) await ringInTransaction(trx, queue, { cardId: card.card_id }, priorityOf(card));
  if (card.batch_id !== null && (to === 'INSPECTED' || to === 'CANCELLED')) await ringWhenBatchIsInspected(trx, card.batch_id);
}

/** History and audit entry of one state change. */
export async function recordState(
  trx: Trx,
  ids: Pick<IdSource, 'now'>,
  change: {
    readonly cardId: CardId;
    readonly from: CardState | null;
    readonly to: CardState;
    readonly who: string;
    readonly fence: number | null;
    readonly evidence: EvidenceJson;
  },
): Promise<void> {
  const { cardId, from, to, who, fence, evidence } = change;
  await trx
    .insertInto('card_history')
    .values({ card_id: cardId, from_state: from, to_state: to, who, fence, evidence: JSON.stringify(evidence), at: ids.now() })
    .execute();
  await appendAudit(trx, ids, { who, what: `card.${to}`, subject: cardId, evidence: { ...evidence, from } });
}

/** Remakes go ahead of new work at every station. */
export function priorityOf(card: Pick<CardRow, 'supersedes'>): number {
  return card.supersedes === null ? PRIORITY.newWork : PRIORITY.remake;
}

/**
 * Rings `pack` when no card record of the batch is open any more. The batch's row is locked first: of two last cards that
 * are inspected at the same time, the second one sees the first. A spoiled card never closes a batch, its remake is open.
 */
async function ringWhenBatchIsInspected(trx: Trx, batchId: string): Promise<void> {
  await trx.selectFrom('batches').select('batch_id').where('batch_id', '=', batchId).forUpdate().executeTakeFirstOrThrow();
  const cards = await trx
    .selectFrom('cards')
    .select((eb) => [
      eb.fn.countAll<number>().filterWhere('state', '=', 'INSPECTED').as('inspected'),
      eb.fn.countAll<number>().filterWhere('state', 'not in', ['INSPECTED', 'SPOILED', 'DESTROYED', 'CANCELLED']).as('open'),
    ])
    .where('batch_id', '=', batchId)
    .executeTakeFirstOrThrow();
  if (cards.open === 0 && cards.inspected > 0) await ringInTransaction(trx, 'pack', { batchId });
}
