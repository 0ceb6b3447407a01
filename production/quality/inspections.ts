import { appendAudit } from '#production/audit';
import { changeState, lockClaimed } from '#production/cards';
import { moveBlank } from '#production/stock';
import { withTransaction, type Db, type StoreDeps, type Trx } from '#production/store';
import type { InspectionLedger } from '#queues/ports';

/** The inspector's filing cabinet. Only here does a card become INSPECTED, and only here does its blank become good. */
export function createInspectionLedger(deps: StoreDeps): InspectionLedger {
  const { db, ids } = deps;
  return Object.freeze<InspectionLedger>({
    async file(claim, { passed, reasons, report }) {
      await withTransaction(db, async (trx) => {
        const card = await lockClaimed(trx, claim);
        if (passed && card.state === 'INSPECTED') return;
        const who = card.lease_owner ?? 'unknown';
        const filed = await trx
          .insertInto('inspections')
          .values({
            card_id: card.card_id,
            fence: claim.fence,
            passed,
            reasons: [...reasons],
            report: JSON.stringify(report ?? null),
            at: ids.now(),
          })
          .onConflict((conflict) => conflict.columns(['card_id', 'fence']).doNothing())
          .returning('inspection_id')
          .executeTakeFirst();
        if (filed === undefined) return;
        if (!passed) {
          await appendAudit(trx, ids, {
            who,
            what: 'card.inspectionFailed',
            subject: card.card_id,
            evidence: { reasons: reasons.join(' '), fence: claim.fence },
          });
          return;
        }
        if ((await failedOf(trx, card.card_id)) !== null) throw new Error('a card that failed its inspection was filed as good');
        await changeState(trx, ids, card, { to: 'INSPECTED', who, evidence: { inspection: filed.inspection_id } });
        if (card.bound_serial === null) throw new Error('an inspected card has no blank');
        await moveBlank(trx, ids, { serial: card.bound_serial, from: 'line', to: 'good', cardId: card.card_id, reason: null, who });
      });
    },
    failedBefore: async (claim) => await failedOf(db, claim.cardId),
  });
}

async function failedOf(db: Db | Trx, cardId: string): Promise<readonly string[] | null> {
  const row = await db
    .selectFrom('inspections')
    .select('reasons')
    .where('card_id', '=', cardId)
    .where('passed', '=', false)
    .orderBy('inspection_id')
    .executeTakeFirst();
  return row?.reasons ?? null;
}

export interface Inspection {
  readonly passed: boolean;
  readonly reasons: readonly string[];
  readonly report: unknown;
  readonly at: Date;
}

/** Every inspection of a card, oldest first. */
export async function inspectionsOf(deps: Pick<StoreDeps, 'db'>, cardId: string): Promise<readonly Inspection[]> {
  return await deps.db
    .selectFrom('inspections')
    .select(['passed', 'reasons', 'report', 'at'])
    .where('card_id', '=', cardId)
    .orderBy('inspection_id')
    .execute();
}
