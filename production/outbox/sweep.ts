import { sql } from 'kysely';
import { withTransaction, type Db } from '#production/store';
import { PRIORITY } from '#queues/jobs';
import { ringInTransaction } from './ring.ts';

export interface SweepOptions {
  /** A subject that nothing happened to for so long, and that was not rung for so long, is rung again. 30 s unless told. */
  readonly idleSeconds?: number;
  /** At most so many of each kind in one run; the next run takes the rest. 1000 unless told. */
  readonly limit?: number;
  /** Which of these jobs the queue still holds, waiting or active: those need no second ring. Without it all are rung. */
  readonly stillQueued?: (jobIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

export interface Swept {
  readonly orders: number;
  readonly cards: number;
  readonly batches: number;
}

interface Lost {
  readonly subject: string;
  readonly queue: 'prepare' | 'encode' | 'print' | 'inspect' | 'pack';
  readonly remake: boolean;
  readonly last_job_id: string | null;
}

/**
 * Finds every order, card and batch that still waits for a station and whose doorbell may be lost (the queue was emptied, a
 * worker died), and rings it with a fresh job id (invariant Q2). Ringing once too often is harmless: the claim decides.
 * While every line is held no card is rung, and while every line drains none that has no blank: nothing could answer. Whoever starts a line sweeps with `idleSeconds: 0`.
 */
export async function sweep(db: Db, options: SweepOptions = {}): Promise<Swept> {
  const idle = options.idleSeconds ?? 30;
  const limit = options.limit ?? 1000;
  const lost = [...(await lostOrders(db, idle, limit)), ...(await lostCards(db, idle, limit)), ...(await lostBatches(db, idle, limit))];
  const known = lost.map((row) => row.last_job_id).filter((id) => id !== null);
  const queued = known.length > 0 && options.stillQueued !== undefined ? await options.stillQueued(known) : new Set<string>();
  const count = { orders: 0, cards: 0, batches: 0 };
  const again = lost.filter((row) => row.last_job_id === null || !queued.has(row.last_job_id));
  if (again.length === 0) return count;
  await withTransaction(db, async (trx) => {
    count.orders = count.cards = count.batches = 0;
    for (const { subject, queue, remake } of again) {
      if (queue === 'prepare') {
        await ringInTransaction(trx, 'prepare', { orderKey: subject });
        count.orders++;
      } else if (queue === 'pack') {
        await ringInTransaction(trx, 'pack', { batchId: subject });
        count.batches++;
      } else {
        await ringInTransaction(trx, queue, { cardId: subject }, remake ? PRIORITY.remake : PRIORITY.newWork);
        count.cards++;
      }
    }
  });
  return count;
}

/** Not rung for a while, and no ring of it is on its way. */
const quiet = (subject: string, queue: string, idle: number) => sql`
  (d.last_rung_at is null or d.last_rung_at < now() - make_interval(secs => ${idle}))
  and not exists (select 1 from outbox o where o.job_id = d.last_job_id and o.delivered_at is null)
  and ${sql.raw(subject)} is not null and ${sql.raw(queue)} is not null`;

async function lostOrders(db: Db, idle: number, limit: number): Promise<readonly Lost[]> {
  const { rows } = await sql<Lost>`
    select s.order_key as subject, 'prepare' as queue, false as remake, d.last_job_id
    from orders s left join doorbells d on d.subject = s.order_key and d.queue = 'prepare'
    where s.state = 'ORDERED' and ${quiet('s.order_key', "'prepare'", idle)}
    order by s.intake_sequence limit ${limit}`.execute(db);
  return rows;
}

async function lostCards(db: Db, idle: number, limit: number): Promise<readonly Lost[]> {
  const { rows } = await sql<Lost>`
    select s.card_id as subject, s.queue, s.supersedes is not null as remake, d.last_job_id
    from (
      select c.*, case
          when coalesce(c.doubted_from, c.state) in
            ('RELEASED','BLANK_BOUND','CHIP_OPENED','SOD_INTENT','SOD_SIGNED','WRITTEN','LOCKED') then 'encode'
          when coalesce(c.doubted_from, c.state) = 'LOCK_VERIFIED' then 'print'
          when coalesce(c.doubted_from, c.state) = 'PRINTED' then 'inspect'
        end as queue
      from cards c
      where c.state in ('RELEASED','BLANK_BOUND','CHIP_OPENED','SOD_INTENT','SOD_SIGNED','WRITTEN','LOCKED','LOCK_VERIFIED','PRINTED','IN_DOUBT')
        and (c.lease_until is null or c.lease_until < now())
        and exists (select 1 from lines l where l.mode <> 'held')
        and not (c.state = 'RELEASED' and c.reserved_serial is null and not exists (select 1 from lines l where l.mode = 'running'))
        and not (c.state = 'RELEASED' and exists (select 1 from batches b where b.batch_id = c.batch_id and b.state = 'HELD'))
    ) s left join doorbells d on d.subject = s.card_id and d.queue = s.queue
    where ${quiet('s.card_id', 's.queue', idle)}
    order by s.supersedes is null, s.due_date, s.card_id limit ${limit}`.execute(db);
  return rows;
}

async function lostBatches(db: Db, idle: number, limit: number): Promise<readonly Lost[]> {
  const { rows } = await sql<Lost>`
    select s.batch_id as subject, 'pack' as queue, false as remake, d.last_job_id
    from batches s left join doorbells d on d.subject = s.batch_id and d.queue = 'pack'
    where s.state = 'RELEASED'
      and exists (select 1 from cards c where c.batch_id = s.batch_id and c.state = 'INSPECTED')
      and not exists (select 1 from cards c where c.batch_id = s.batch_id and c.state not in ('INSPECTED','SPOILED','DESTROYED','CANCELLED'))
      and ${quiet('s.batch_id', "'pack'", idle)}
    order by s.batch_id limit ${limit}`.execute(db);
  return rows;
}
