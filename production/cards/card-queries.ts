import { sql } from 'kysely';
import type { EvidenceJson, StoreDeps } from '#production/store';
import type { CardId, CardState, Station } from '#queues/ports';

export interface CardTrace {
  readonly cardId: CardId;
  readonly state: CardState;
  readonly doubtedFrom: CardState | null;
  readonly batchId: string | null;
  readonly provinceCode: string;
  readonly deliveryOffice: string;
  readonly profile: string;
  readonly dueDate: string;
  readonly supersedes: CardId | null;
  readonly supersededBy: CardId | null;
  readonly serial: string | null;
  readonly chipId: string | null;
  readonly sodSha256: string | null;
  readonly consignmentId: string | null;
  readonly caseId: string | null;
  readonly attempts: { readonly encode: number; readonly print: number; readonly inspect: number };
  readonly history: readonly {
    readonly at: Date;
    readonly from: CardState | null;
    readonly to: CardState;
    readonly who: string;
    readonly evidence: EvidenceJson;
  }[];
}

/** One card's whole life, without a personal value. Null when there is no such card. */
export async function cardTrace(deps: Pick<StoreDeps, 'db'>, cardId: CardId): Promise<CardTrace | null> {
  const { db } = deps;
  const card = await db
    .selectFrom('cards as c')
    .leftJoin('cards as s', 's.supersedes', 'c.card_id')
    .leftJoin('consignment_cards as k', 'k.card_id', 'c.card_id')
    .selectAll('c')
    .select(['s.card_id as superseded_by', 'k.consignment_id'])
    .where('c.card_id', '=', cardId)
    .executeTakeFirst();
  if (card === undefined) return null;
  const history = await db
    .selectFrom('card_history')
    .select(['at', 'from_state as from', 'to_state as to', 'who', 'evidence'])
    .where('card_id', '=', cardId)
    .orderBy('history_id')
    .execute();
  return {
    cardId,
    state: card.state,
    doubtedFrom: card.doubted_from,
    batchId: card.batch_id,
    provinceCode: card.province_code,
    deliveryOffice: card.delivery_office,
    profile: card.profile,
    dueDate: card.due_date,
    supersedes: card.supersedes,
    supersededBy: card.superseded_by,
    serial: card.bound_serial ?? card.reserved_serial,
    chipId: card.chip_id,
    sodSha256: card.sod_hash === null ? null : Buffer.from(card.sod_hash).toString('hex'),
    consignmentId: card.consignment_id,
    caseId: card.case_id,
    attempts: { encode: card.attempts_encode, print: card.attempts_print, inspect: card.attempts_inspect },
    history,
  };
}

/** How many card records stand in each state; states without any are absent. */
export async function countByState(deps: Pick<StoreDeps, 'db'>): Promise<Readonly<Partial<Record<CardState, number>>>> {
  const rows = await deps.db
    .selectFrom('cards')
    .select((eb) => ['state', eb.fn.countAll<number>().as('n')])
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}

/** Card ids and states, in the order of their ids (which is the order of making); from after `after`. */
export async function listCards(
  deps: Pick<StoreDeps, 'db'>,
  query: { readonly state?: CardState; readonly batchId?: string; readonly after?: CardId; readonly limit?: number },
): Promise<readonly { readonly cardId: CardId; readonly state: CardState; readonly batchId: string | null; readonly orderKey: string }[]> {
  let select = deps.db
    .selectFrom('cards')
    .select(['card_id as cardId', 'state', 'batch_id as batchId', 'order_key as orderKey'])
    .orderBy('card_id')
    .limit(Math.min(query.limit ?? 100, 1000));
  if (query.state !== undefined) select = select.where('state', '=', query.state);
  if (query.batchId !== undefined) select = select.where('batch_id', '=', query.batchId);
  if (query.after !== undefined) select = select.where('card_id', '>', query.after);
  return await select.execute();
}

/**
 * Card records on which a lease of this owner still runs. Asked while it has nothing in hand, these are the ones that it had when it
 * died, or could not let go of while the database was away: nobody else may take them, and nobody rings for them before the lease ends.
 */
export async function leasedTo(
  deps: Pick<StoreDeps, 'db'>,
  holder: { readonly station: Station; readonly owner: string },
): Promise<readonly CardId[]> {
  const rows = await deps.db
    .selectFrom('cards')
    .select('card_id')
    .where('lease_station', '=', holder.station)
    .where('lease_owner', '=', holder.owner)
    .where('lease_until', '>', sql<Date>`clock_timestamp()`)
    .orderBy('lease_until')
    .execute();
  return rows.map((row) => row.card_id);
}
