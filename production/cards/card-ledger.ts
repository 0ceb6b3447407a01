import { createHash } from 'node:crypto';
import { moveBlank } from '#production/stock';
import { appendAudit } from '#production/audit';
import { newId, withTransaction, type StoreDeps, type Trx } from '#production/store';
import { ringInTransaction } from '#production/outbox';
import { PRIORITY } from '#queues/jobs';
import type { CardId, CardLedger, SpoilReason } from '#queues/ports';
import { CardError } from './card-error.ts';
import { advanceInTransaction, claimCard, lockClaimed, releaseClaim, renewClaim, type LeaseOptions } from './claims.ts';
import { changeState, recordState, type CardRow } from './transition.ts';

/** The card ledger of one line, on PostgreSQL. Every method that changes something proves its fence in the same transaction. */
export function createCardLedger(deps: StoreDeps, options: LeaseOptions): CardLedger {
  const { db, ids } = deps;
  const claimed = async <T>(
    claim: Parameters<typeof lockClaimed>[1],
    work: (trx: Trx, card: CardRow, who: string) => Promise<T>,
  ): Promise<T> =>
    await withTransaction(db, async (trx) => {
      const card = await lockClaimed(trx, claim);
      return await work(trx, card, card.lease_owner ?? 'unknown');
    });
  return Object.freeze<CardLedger>({
    claim: async (request) => await claimCard(deps, options, request),
    renew: async (claim) => await renewClaim(deps, options, claim),
    release: async (claim) => await releaseClaim(deps, claim),

    async cardOfSerial(serial) {
      const row = await db
        .selectFrom('cards')
        .select(['card_id', 'state'])
        .where((eb) => eb.or([eb('reserved_serial', '=', serial), eb('bound_serial', '=', serial)]))
        .executeTakeFirst();
      return row === undefined ? null : { cardId: row.card_id, state: row.state };
    },

    reserveBlank: async (claim, { serial, seat }) =>
      await claimed(claim, async (trx, card, who) => {
        if (card.reserved_serial === serial) return 'reserved';
        if (card.state !== 'RELEASED' || card.reserved_serial !== null) {
          throw new CardError('CARD_TRANSITION_REFUSED', { where: card.card_id, detail: 'another blank is reserved or bound already' });
        }
        const blank = await trx.selectFrom('blanks').select('place').where('serial', '=', serial).forUpdate().executeTakeFirst();
        if (blank === undefined) return 'BLANK_UNKNOWN';
        const other = await trx.selectFrom('cards').select('card_id').where('reserved_serial', '=', serial).executeTakeFirst();
        if (other !== undefined) return 'BLANK_RESERVED_BY_ANOTHER';
        if (blank.place !== 'vault') return 'BLANK_NOT_IN_STOCK';
        await moveBlank(trx, ids, { serial, from: 'vault', to: 'line', cardId: card.card_id, reason: null, who });
        await trx
          .updateTable('cards')
          .set({ reserved_serial: serial, seat, changed_at: ids.now() })
          .where('card_id', '=', card.card_id)
          .execute();
        await appendAudit(trx, ids, { who, what: 'blank.reserved', subject: card.card_id, evidence: { serial, seat, fence: card.fence } });
        return 'reserved';
      }),

    bindBlank: async (claim, { serial, chipId }) =>
      await claimed(claim, async (trx, card, who) => {
        if (card.bound_serial === serial && card.chip_id === chipId) return 'bound';
        if (card.state !== 'RELEASED' || card.reserved_serial !== serial)
          throw new CardError('CARD_BLANK_NOT_RESERVED', { where: card.card_id });
        const bound = await trx.selectFrom('cards').select('card_id').where('chip_id', '=', chipId).executeTakeFirst();
        if (bound !== undefined) return 'CHIP_ALREADY_BOUND';
        const noted = await trx.selectFrom('blanks').select('chip_id').where('serial', '=', serial).executeTakeFirstOrThrow();
        if (noted.chip_id !== chipId) return 'CHIP_NOT_ON_DELIVERY_NOTE';
        await changeState(trx, ids, card, {
          to: 'BLANK_BOUND',
          who,
          evidence: { serial, chipId },
          set: { bound_serial: serial, chip_id: chipId },
        });
        return 'bound';
      }),

    spoilBlank: async (claim, { serial, reason }) =>
      await claimed(claim, async (trx, card, who) => {
        if (card.reserved_serial === null && (await spoiledFor(trx, serial, card.card_id))) return;
        if (card.state !== 'RELEASED' || card.reserved_serial !== serial)
          throw new CardError('CARD_BLANK_NOT_RESERVED', { where: card.card_id });
        await moveBlank(trx, ids, { serial, from: 'line', to: 'spoiled', cardId: card.card_id, reason, who });
        await trx
          .updateTable('cards')
          .set({ reserved_serial: null, seat: null, changed_at: ids.now() })
          .where('card_id', '=', card.card_id)
          .execute();
        await appendAudit(trx, ids, { who, what: 'blank.spoiled', subject: card.card_id, evidence: { serial, reason, fence: card.fence } });
      }),

    recordChipKeys: async (claim, keys) =>
      await claimed(claim, async (trx, card, who) => {
        const hashes: Record<string, string> = {};
        for (const purpose of ['activeAuthentication', 'chipAuthentication'] as const) {
          const spki = keys[purpose];
          if (spki === null) continue;
          const spki_hash = createHash('sha256').update(spki).digest();
          hashes[purpose] = spki_hash.toString('hex');
          const fresh = await trx
            .insertInto('chip_keys')
            .values({ spki_hash, card_id: card.card_id, purpose, spki })
            .onConflict((conflict) => conflict.column('spki_hash').doNothing())
            .returning('card_id')
            .executeTakeFirst();
          if (fresh !== undefined) continue;
          const before = await trx
            .selectFrom('chip_keys')
            .select(['card_id', 'purpose'])
            .where('spki_hash', '=', spki_hash)
            .executeTakeFirstOrThrow();
          if (before.card_id !== card.card_id || before.purpose !== purpose) return 'CHIP_KEY_REPEATED';
        }
        await appendAudit(trx, ids, { who, what: 'chip.keys', subject: card.card_id, evidence: hashes });
        return 'recorded';
      }),

    advance: async (claim, to, evidence) =>
      await withTransaction(db, async (trx) => await advanceInTransaction(trx, claim, to, evidence, ids)),

    doubt: async (claim, evidence) =>
      await claimed(claim, async (trx, card, who) => {
        if (card.state !== 'IN_DOUBT') await changeState(trx, ids, card, { to: 'IN_DOUBT', who, evidence });
      }),

    resolveDoubt: async (claim, evidence) =>
      await claimed(claim, async (trx, card, who) => {
        if (card.doubted_from === null) throw new CardError('CARD_NOT_IN_DOUBT', { where: card.card_id });
        await changeState(trx, ids, card, { to: card.doubted_from, who, evidence });
      }),

    spoilCard: async (claim, reason, evidence = {}) =>
      await claimed(claim, async (trx, card, who) => ({ remake: await spoilAndRemake(trx, deps, card, { reason, who, evidence }) })),
  });
}

/**
 * SPOILED for ever, the blank with it; a new record of the same order and batch that names this one, its doorbell ahead of
 * new work. Nothing of the old one is used again: no serial, no chip, no EF.SOD (invariant C2). Done already: the same answer.
 */
async function spoilAndRemake(
  trx: Trx,
  deps: StoreDeps,
  card: CardRow,
  spoil: {
    readonly reason: SpoilReason;
    readonly who: string;
    readonly evidence: Readonly<Record<string, string | number | boolean | null>>;
  },
): Promise<CardId> {
  const { ids } = deps;
  if (card.state === 'SPOILED') {
    const { card_id } = await trx.selectFrom('cards').select('card_id').where('supersedes', '=', card.card_id).executeTakeFirstOrThrow();
    return card_id;
  }
  await changeState(trx, ids, card, { to: 'SPOILED', who: spoil.who, evidence: { ...spoil.evidence, reason: spoil.reason } });
  const serial = card.bound_serial ?? card.reserved_serial;
  if (serial !== null) {
    const { place } = await trx.selectFrom('blanks').select('place').where('serial', '=', serial).executeTakeFirstOrThrow();
    await moveBlank(trx, ids, {
      serial,
      from: place === 'good' ? 'good' : 'line',
      to: 'spoiled',
      cardId: card.card_id,
      reason: spoil.reason,
      who: spoil.who,
    });
  }
  const remake = newId('crd', ids);
  await trx
    .insertInto('cards')
    .values({
      card_id: remake,
      order_key: card.order_key,
      citizen_ref: card.citizen_ref,
      batch_id: card.batch_id,
      profile: card.profile,
      province_code: card.province_code,
      delivery_office: card.delivery_office,
      priority: card.priority,
      due_date: card.due_date,
      state: 'RELEASED',
      supersedes: card.card_id,
      created_at: ids.now(),
      changed_at: ids.now(),
    })
    .execute();
  await recordState(trx, ids, {
    cardId: remake,
    from: null,
    to: 'RELEASED',
    who: spoil.who,
    fence: null,
    evidence: { supersedes: card.card_id, reason: spoil.reason },
  });
  await ringInTransaction(trx, 'encode', { cardId: remake }, PRIORITY.remake);
  return remake;
}

async function spoiledFor(trx: Trx, serial: string, cardId: CardId): Promise<boolean> {
  const row = await trx
    .selectFrom('stock_moves')
    .select('move_id')
    .where('serial', '=', serial)
    .where('to_account', '=', 'spoiled')
    .where('card_id', '=', cardId)
    .executeTakeFirst();
  return row !== undefined;
}
