import { sql } from 'kysely';
import type { Trx } from '#production/store';
import { PRIORITY, type Payload, type QueueName } from '#queues/jobs';

/** The id inside a payload: what the doorbell is about. */
function subjectOf(payload: Payload<QueueName>): string {
  if ('cardId' in payload) return payload.cardId;
  return 'orderKey' in payload ? payload.orderKey : payload.batchId;
}

/**
 * Puts a doorbell into the outbox, in the transaction of the change that it announces. The job id is
 * `<subject>-<queue>-<n>`, n counting every ring of this subject at this queue, so that BullMQ never takes a new ring for an
 * old one that it still remembers. No `:` in it: BullMQ splits its keys there.
 */
export async function ringInTransaction<Q extends QueueName>(
  trx: Trx,
  queue: Q,
  payload: Payload<Q>,
  priority: number = PRIORITY.newWork,
): Promise<string> {
  const subject = subjectOf(payload);
  const { rows } = await sql<{ last_job_id: string }>`
    insert into doorbells as d (subject, queue, rings, last_job_id, last_rung_at)
    values (${subject}, ${queue}, 1, ${`${subject}-${queue}-1`}, now())
    on conflict (subject, queue) do update
      set rings = d.rings + 1, last_job_id = d.subject || '-' || d.queue || '-' || (d.rings + 1), last_rung_at = now()
    returning last_job_id`.execute(trx);
  const jobId = rows[0]?.last_job_id;
  if (jobId === undefined) throw new Error('an upsert returned no row');
  await trx
    .insertInto('outbox')
    .values({ queue, payload: JSON.stringify(payload), job_id: jobId, priority, delivered_at: null })
    .execute();
  return jobId;
}
