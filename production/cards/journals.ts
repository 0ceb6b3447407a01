import { sql } from 'kysely';
import { appendAudit } from '#production/audit';
import { withTransaction, type StoreDeps, type Trx } from '#production/store';
import type { ChipJournal, Claim, PrintJob, PrintLedger } from '#queues/ports';
import { CardError } from './card-error.ts';
import { lockClaimed } from './claims.ts';

/**
 * What was about to be sent to a chip, durable before it is sent. One statement: the fence is proven and the row written
 * together. Steps count from anywhere, once per claim; the same step with the same hash again is nothing.
 */
export function createChipJournal(deps: StoreDeps): ChipJournal {
  const { db } = deps;
  return Object.freeze<ChipJournal>({
    async intend(claim, step) {
      const { rows } = await sql<{ hash: string | null; operation: string | null }>`
        with held as (
          select card_id, fence from cards
          where card_id = ${claim.cardId} and fence = ${claim.fence} and lease_until > clock_timestamp() for share
        ), written as (
          insert into chip_journal (card_id, fence, sequence, operation, hash)
          select card_id, fence, ${step.sequence}::integer, ${step.operation}, ${step.hash} from held
          on conflict (card_id, fence, sequence) do nothing
          returning hash, operation
        )
        select coalesce(w.hash, j.hash) as hash, coalesce(w.operation, j.operation) as operation
        from held h left join written w on true
        left join chip_journal j on j.card_id = h.card_id and j.fence = h.fence and j.sequence = ${step.sequence}::integer`.execute(db);
      const row = rows[0];
      if (row === undefined) throw fenceLost(claim);
      if (row.hash !== step.hash || row.operation !== step.operation)
        throw new CardError('JOURNAL_CONFLICT', { where: claim.cardId, detail: `step ${step.sequence}` });
    },

    async outcome(claim, step) {
      await withTransaction(db, async (trx) => {
        // An outcome that a crash loses is an outcome that is not known: the chip is asked then. It need not wait for the disk.
        await sql`set local synchronous_commit = off`.execute(trx);
        const { numUpdatedRows } = await trx
          .updateTable('chip_journal')
          .set({ result: step.result, status_word: step.statusWord ?? null })
          .where('card_id', '=', claim.cardId)
          .where('fence', '=', claim.fence)
          .where('sequence', '=', step.sequence)
          .where((eb) => eb.or([eb('result', 'is', null), eb('result', '=', step.result)]))
          .where((eb) =>
            eb.exists(eb.selectFrom('cards').select('card_id').where('card_id', '=', claim.cardId).where('fence', '=', claim.fence)),
          )
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) throw fenceLost(claim);
      });
    },
  });
}

function fenceLost(claim: Claim): CardError {
  return new CardError('FENCE_LOST', { where: claim.cardId, detail: `fence ${claim.fence}` });
}

const JOB_COLUMNS = ['job_id as jobId', 'front_hash as frontHash', 'back_hash as backHash', 'outcome'] as const;

/** Prints of a card: at most one of its jobs may have put something on the face, whatever anybody asks. */
export function createPrintLedger(deps: StoreDeps): PrintLedger {
  const { db, ids } = deps;
  return Object.freeze<PrintLedger>({
    find: async (claim) => (await latestJob(db, claim.cardId)) ?? null,

    intend: async (claim, { frontHash, backHash }) =>
      await withTransaction(db, async (trx) => {
        const card = await lockClaimed(trx, claim);
        if (card.state !== 'LOCK_VERIFIED')
          throw new CardError('CARD_TRANSITION_REFUSED', { where: claim.cardId, detail: `a print in ${card.state}` });
        const before = await trx
          .selectFrom('print_jobs')
          .select(['attempt', 'outcome'])
          .where('card_id', '=', claim.cardId)
          .orderBy('attempt', 'desc')
          .executeTakeFirst();
        if (before !== undefined && (before.outcome === null || before.outcome === 'printed')) {
          throw new CardError('PRINT_ALREADY_INTENDED', { where: claim.cardId });
        }
        const attempt = (before?.attempt ?? 0) + 1;
        const jobId = `${claim.cardId}-p${attempt}`;
        await trx
          .insertInto('print_jobs')
          .values({ job_id: jobId, card_id: claim.cardId, attempt, front_hash: frontHash, back_hash: backHash, intended_at: ids.now() })
          .execute();
        await appendAudit(trx, ids, {
          who: card.lease_owner ?? 'unknown',
          what: 'print.intended',
          subject: claim.cardId,
          evidence: { jobId, frontHash, backHash },
        });
        return { jobId, frontHash, backHash, outcome: null };
      }),

    async outcome(claim, jobId, outcome) {
      await withTransaction(db, async (trx) => {
        const card = await lockClaimed(trx, claim);
        const job = await trx
          .selectFrom('print_jobs')
          .select('outcome')
          .where('job_id', '=', jobId)
          .where('card_id', '=', claim.cardId)
          .executeTakeFirst();
        if (job === undefined) throw new CardError('PRINT_JOB_UNKNOWN', { where: jobId });
        if (job.outcome === outcome) return;
        if (job.outcome !== null) throw new CardError('PRINT_OUTCOME_CONFLICT', { where: jobId });
        await trx.updateTable('print_jobs').set({ outcome, outcome_at: ids.now() }).where('job_id', '=', jobId).execute();
        await appendAudit(trx, ids, {
          who: card.lease_owner ?? 'unknown',
          what: `print.${outcome}`,
          subject: claim.cardId,
          evidence: { jobId },
        });
      });
    },
  });
}

async function latestJob(db: Pick<Trx, 'selectFrom'>, cardId: string): Promise<PrintJob | undefined> {
  return await db.selectFrom('print_jobs').select(JOB_COLUMNS).where('card_id', '=', cardId).orderBy('attempt', 'desc').executeTakeFirst();
}
