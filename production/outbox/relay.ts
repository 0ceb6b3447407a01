import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { sql } from 'kysely';
import { withTransaction, type DatabaseConnection, type Db } from '#production/store';
import type { Doorbell, QueueName } from '#queues/jobs';

/** Adds the job to its queue. Must resolve only when the queue has it; adding the same job id twice is nothing. */
export type Ring = (doorbell: Doorbell) => Promise<void>;

/**
 * Rings what the outbox holds, urgent first, and marks it delivered after the queue took it. Several relays share the work
 * (SKIP LOCKED). A crash in between rings again with the same job id, which the queue or the claim drops.
 * Throws what `ring` throws; what was rung before that stays marked.
 * @returns how many were rung; call again at once while it equals `limit`
 */
export async function relayOutbox(db: Db, ring: Ring, limit = 100): Promise<number> {
  let failure: unknown;
  const rung = await withTransaction(db, async (trx) => {
    failure = undefined;
    const rows = await trx
      .selectFrom('outbox')
      .select(['outbox_id', 'queue', 'payload', 'job_id', 'priority'])
      .where('delivered_at', 'is', null)
      .orderBy('priority')
      .orderBy('outbox_id')
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute();
    const delivered: number[] = [];
    try {
      for (const row of rows) {
        // The payload was typed when it was put in; the consumer checks it against its schema again.
        await ring({
          queue: row.queue as QueueName,
          payload: row.payload as Doorbell['payload'],
          jobId: row.job_id,
          priority: row.priority,
        });
        delivered.push(row.outbox_id);
      }
    } catch (error) {
      failure = error;
    }
    if (delivered.length > 0)
      await trx
        .updateTable('outbox')
        .set({ delivered_at: sql`now()` })
        .where('outbox_id', 'in', delivered)
        .execute();
    return delivered.length;
  });
  if (failure !== undefined) throw failure;
  return rung;
}

/** Delivered rows are kept for a while for a person who asks when a doorbell rang. @returns how many were deleted */
export async function purgeOutbox(db: Db, olderThanSeconds = 86_400): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('outbox')
    .where('delivered_at', '<', sql<Date>`now() - make_interval(secs => ${olderThanSeconds})`)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

const LISTEN_AGAIN_FIRST_MS = 250;
const LISTEN_AGAIN_MAX_MS = 10_000;

/**
 * Calls `wake` whenever a transaction with doorbells commits, over a connection of its own; a connection that breaks is made
 * anew, with growing pauses. It only saves waiting: a relay polls as well. @returns a function that stops it
 */
export function listenOutbox(connection: DatabaseConnection, wake: () => void, onBroken: (error: unknown) => void): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const listening = (async () => {
    for (let failures = 0; !signal.aborted;) {
      try {
        await listenOnce({ connection, wake, signal, onListening: () => (failures = 0) });
      } catch (error) {
        if (signal.aborted) return;
        onBroken(error);
        const pauseMs = Math.min(LISTEN_AGAIN_MAX_MS, LISTEN_AGAIN_FIRST_MS * 2 ** failures++);
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  })();
  return async () => {
    stopping.abort();
    await listening;
  };
}

/** Resolves when it is stopped, rejects when the connection breaks. */
async function listenOnce(listener: {
  readonly connection: DatabaseConnection;
  readonly wake: () => void;
  readonly signal: AbortSignal;
  readonly onListening: () => void;
}): Promise<void> {
  const { connection, wake, signal } = listener;
  const client = new Client({ ...connection, application_name: 'cardmint-relay', connectionTimeoutMillis: 10_000 });
  const over = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('end', () => reject(new Error('Connection terminated')));
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  over.catch(() => undefined);
  client.on('notification', () => wake());
  try {
    await client.connect();
    await client.query('listen cardmint_outbox');
    listener.onListening();
    // What was committed while nobody listened.
    wake();
    await over;
  } finally {
    await client.end().catch(() => undefined);
  }
}
