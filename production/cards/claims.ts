import { sql } from 'kysely';
import { systemIds, withTransaction, type EvidenceJson, type IdSource, type StoreDeps, type Trx } from '#production/store';
import type { CardId, CardState, Claim, ClaimedCard, ClaimRefusal, Station } from '#queues/ports';
import { CardError } from './card-error.ts';
import { stationOf } from './lifecycle.ts';
import { changeState, lockCard, type CardRow } from './transition.ts';

export interface LeaseOptions {
  /** Which line this ledger serves: its mode decides whether anything may begin. */
  readonly line: string;
  /** 60 unless told. */
  readonly leaseSeconds?: number;
}

const ATTEMPTS = { encode: 'attempts_encode', print: 'attempts_print', inspect: 'attempts_inspect' } as const satisfies Record<
  Station,
  keyof CardRow
>;

/**
 * Gives one process the right to work on one card: the fence grows, the lease begins. A lease that is running is refused to
 * everybody but its own owner, who may have died and come back.
 */
export async function claimCard(
  deps: StoreDeps,
  options: LeaseOptions,
  request: { readonly cardId: CardId; readonly station: Station; readonly owner: string },
): Promise<ClaimedCard | ClaimRefusal> {
  const { cardId, station, owner } = request;
  return await withTransaction(deps.db, async (trx) => {
    const card = await trx.selectFrom('cards').selectAll().where('card_id', '=', cardId).forUpdate().executeTakeFirst();
    if (card === undefined) return 'CARD_UNKNOWN';
    if (stationOf(card.state, card.doubted_from) !== station || card.batch_id === null) return 'NOT_THIS_STATION';
    if (card.lease_owner !== null && card.lease_owner !== owner && (await leaseRuns(trx, cardId))) return 'LEASED_BY_ANOTHER';
    const line = await trx.selectFrom('lines').select('mode').where('line_id', '=', options.line).executeTakeFirst();
    const begins = card.state === 'RELEASED' && card.reserved_serial === null;
    if (line === undefined || line.mode === 'held' || (line.mode === 'draining' && begins)) return 'LINE_ON_HOLD';
    if (card.state === 'RELEASED') {
      const batch = await trx.selectFrom('batches').select('state').where('batch_id', '=', card.batch_id).executeTakeFirstOrThrow();
      if (batch.state === 'HELD') return 'BATCH_ON_HOLD';
    }
    const fence = card.fence + 1;
    const attempts = ATTEMPTS[station];
    await trx
      .updateTable('cards')
      .set({
        fence,
        [attempts]: card[attempts] + 1,
        lease_station: station,
        lease_owner: owner,
        lease_until: leaseEnd(options),
      })
      .where('card_id', '=', cardId)
      .execute();
    return {
      claim: { cardId, station, fence },
      state: card.state,
      doubtedFrom: card.doubted_from,
      reservedSerial: card.reserved_serial,
      chipId: card.chip_id,
      batchId: card.batch_id,
      profile: card.profile,
      attempt: card[attempts],
    };
  });
}

/** The database's clock, not the process's: leases are compared across hosts (invariant T1). */
const leaseEnd = (options: LeaseOptions) => sql<Date>`clock_timestamp() + make_interval(secs => ${options.leaseSeconds ?? 60})`;

async function leaseRuns(trx: Trx, cardId: CardId): Promise<boolean> {
  const row = await trx
    .selectFrom('cards')
    .select(sql<boolean>`coalesce(lease_until > clock_timestamp(), false)`.as('runs'))
    .where('card_id', '=', cardId)
    .executeTakeFirstOrThrow();
  return row.runs;
}

/** What a claim must show wherever it is used: the signer knows no station. */
export type Fence = Pick<Claim, 'cardId' | 'fence'>;

/**
 * Locks the card record and proves that the claim still holds: same fence, lease not over. To be called first in every
 * transaction that changes something in the name of a claim. Errors FENCE_LOST, CARD_UNKNOWN.
 */
export async function lockClaimed(trx: Trx, claim: Fence): Promise<CardRow> {
  const card = await lockCard(trx, claim.cardId);
  if (card.fence !== claim.fence || card.lease_owner === null || !(await leaseRuns(trx, claim.cardId))) {
    throw new CardError('FENCE_LOST', { where: claim.cardId, detail: `fence ${claim.fence}` });
  }
  return card;
}

/** Proves the fence without a transaction of its own, locking nothing else. Error FENCE_LOST. */
export async function renewClaim(deps: StoreDeps, options: LeaseOptions, claim: Fence): Promise<void> {
  const { numUpdatedRows } = await deps.db
    .updateTable('cards')
    .set({ lease_until: leaseEnd(options) })
    .where('card_id', '=', claim.cardId)
    .where('fence', '=', claim.fence)
    .where('lease_owner', 'is not', null)
    .where('lease_until', '>', sql<Date>`clock_timestamp()`)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new CardError('FENCE_LOST', { where: claim.cardId, detail: `fence ${claim.fence}` });
}

/** Ends the lease. A claim that was lost has nothing to end. */
export async function releaseClaim(deps: StoreDeps, claim: Fence): Promise<void> {
  await deps.db
    .updateTable('cards')
    .set({ lease_station: null, lease_owner: null, lease_until: null })
    .where('card_id', '=', claim.cardId)
    .where('fence', '=', claim.fence)
    .execute();
}

/** States that only their own ledger gives: what a card is bound to, what was found on it, what became of it. */
const NOT_BY_ADVANCE: ReadonlySet<CardState> = new Set([
  'BATCHED',
  'RELEASED',
  'BLANK_BOUND',
  'INSPECTED',
  'PACKED',
  'SHIPPED',
  'RECEIVED',
  'HANDED_OVER',
  'HOLD',
  'CANCELLED',
  'IN_DOUBT',
  'SPOILED',
  'DESTROYED',
]);

/**
 * One step along the lifecycle inside a transaction of the caller's (the signer's counters and intents are in the same one).
 * Already there: nothing happens. Evidence for SOD_SIGNED must hold `sodSha256` (64 hex digits): it binds EF.SOD to this
 * card record for ever. PRINTED needs a print job whose outcome is `printed`.
 * Errors: FENCE_LOST, CARD_TRANSITION_REFUSED, CARD_EVIDENCE_MISSING.
 */
export async function advanceInTransaction(
  trx: Trx,
  claim: Fence,
  to: CardState,
  evidence: EvidenceJson = {},
  ids: Pick<IdSource, 'now'> = systemIds,
): Promise<void> {
  const card = await lockClaimed(trx, claim);
  if (card.state === to) return;
  if (NOT_BY_ADVANCE.has(to)) throw new CardError('CARD_TRANSITION_REFUSED', { where: claim.cardId, detail: `${card.state} → ${to}` });
  const who = card.lease_owner ?? 'unknown';
  if (to === 'SOD_SIGNED') {
    const sod = evidence['sodSha256'];
    if (typeof sod !== 'string' || !/^[0-9a-f]{64}$/.test(sod))
      throw new CardError('CARD_EVIDENCE_MISSING', { where: claim.cardId, detail: 'sodSha256' });
    const other = await trx
      .selectFrom('cards')
      .select('card_id')
      .where('sod_hash', '=', Buffer.from(sod, 'hex'))
      .where('card_id', '!=', claim.cardId)
      .executeTakeFirst();
    if (other !== undefined) throw new CardError('SOD_REPEATED', { where: claim.cardId });
    await changeState(trx, ids, card, { to, who, evidence, set: { sod_hash: Buffer.from(sod, 'hex') } });
    return;
  }
  if (to === 'PRINTED') {
    const printed = await trx
      .selectFrom('print_jobs')
      .select('job_id')
      .where('card_id', '=', claim.cardId)
      .where('outcome', '=', 'printed')
      .executeTakeFirst();
    if (printed === undefined)
      throw new CardError('CARD_EVIDENCE_MISSING', { where: claim.cardId, detail: 'no print job with outcome printed' });
  }
  await changeState(trx, ids, card, { to, who, evidence });
  // The next station is rung in this transaction: it must find the card free.
  if (stationOf(to, null) !== card.lease_station) {
    await trx
      .updateTable('cards')
      .set({ lease_station: null, lease_owner: null, lease_until: null })
      .where('card_id', '=', card.card_id)
      .execute();
  }
}
