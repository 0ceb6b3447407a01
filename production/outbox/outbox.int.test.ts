import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { furnishTestPlant, holdBatch, releaseTestCards } from '#production/batches';
import { createCardLedger, setLineMode } from '#production/cards';
import { startTestStore, withTransaction, type TestStore } from '#production/store';
import type { Doorbell } from '#queues/jobs';
import { listenOutbox, purgeOutbox, relayOutbox, ringInTransaction, sweep } from './index.ts';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await furnishTestPlant(store, 5);
});
afterAll(async () => {
  await store?.stop();
});
beforeEach(async () => {
  await relayOutbox(store.db, async () => await Promise.resolve(), 10_000);
});

const crd = (n: number) => `crd-${String(n).padStart(26, '0')}`;
const ring = async (n: number, priority?: number) =>
  await withTransaction(store.db, async (trx) => await ringInTransaction(trx, 'encode', { cardId: crd(n) }, priority));

describe('the outbox', () => {
  it('numbers the rings of a subject, never with a colon', async () => {
    expect([await ring(1), await ring(1), await ring(2)]).toEqual([`${crd(1)}-encode-1`, `${crd(1)}-encode-2`, `${crd(2)}-encode-1`]);
    await Promise.all(Array.from({ length: 8 }, async () => await ring(3)));
    const ids = await store.db
      .selectFrom('outbox')
      .select('job_id')
      .where('job_id', 'like', `${crd(3)}%`)
      .execute();
    expect(new Set(ids.map((row) => row.job_id)).size).toBe(8);
  });

  it('rings nothing that was rolled back', async () => {
    await withTransaction(store.db, async (trx) => {
      await ringInTransaction(trx, 'encode', { cardId: crd(4) });
      throw new Error('undo');
    }).catch(() => undefined);
    const rung: Doorbell[] = [];
    await relayOutbox(store.db, async (bell) => await Promise.resolve(void rung.push(bell)));
    expect(rung).toEqual([]);
  });

  it('rings urgent ones first, once, though four relays work at the same time', async () => {
    for (let n = 10; n < 40; n++) await ring(n, n % 3 === 0 ? 1 : 10);
    const rung: Doorbell[] = [];
    const work = async () => {
      while ((await relayOutbox(store.db, async (bell) => await Promise.resolve(void rung.push(bell)), 5)) > 0);
    };
    await work();
    expect(rung.map((bell) => bell.priority)).toEqual([...Array.from({ length: 10 }, () => 1), ...Array.from({ length: 20 }, () => 10)]);
    for (let n = 40; n < 80; n++) await ring(n);
    await Promise.all([work(), work(), work(), work()]);
    expect(rung).toHaveLength(70);
    expect(new Set(rung.map((bell) => bell.jobId)).size).toBe(70);
    expect(rung[0]).toEqual({ queue: 'encode', payload: { cardId: crd(12) }, jobId: `${crd(12)}-encode-1`, priority: 1 });
  });

  it('keeps what the queue did not take: nothing is lost, and what was rung is not rung again', async () => {
    for (let n = 90; n < 94; n++) await ring(n);
    const rung: string[] = [];
    const failing = async (bell: Doorbell) => {
      if (rung.length === 2) throw new Error('OOM command not allowed');
      await Promise.resolve(void rung.push(bell.jobId));
    };
    await expect(relayOutbox(store.db, failing)).rejects.toThrow('OOM');
    expect(await relayOutbox(store.db, async (bell) => await Promise.resolve(void rung.push(bell.jobId)))).toBe(2);
    expect(rung).toEqual([90, 91, 92, 93].map((n) => `${crd(n)}-encode-1`));
    expect(await purgeOutbox(store.db, 0)).toBeGreaterThan(0);
  });

  it('wakes a relay when a transaction commits', async () => {
    let woken = (): void => undefined;
    const wake = new Promise<void>((resolve) => (woken = resolve));
    const stop = listenOutbox(
      store.connection,
      () => woken(),
      () => undefined,
    );
    await ring(95);
    await wake;
    await stop();
  });

  it('wakes a relay again after PostgreSQL was restarted', async () => {
    let heard = 0;
    const broken: unknown[] = [];
    const stop = listenOutbox(
      store.connection,
      () => void heard++,
      (error) => void broken.push(error),
    );
    await expect.poll(() => heard, { timeout: 20_000 }).toBeGreaterThan(0);
    await store.postgres.crash();
    await expect.poll(() => broken.length, { timeout: 20_000 }).toBeGreaterThan(0);
    const listeners = async (): Promise<number> => {
      const { rows } = await sql<{
        n: number;
      }>`select count(*)::int as n from pg_stat_activity where application_name = 'cardmint-relay'`.execute(store.db);
      return rows[0]?.n ?? 0;
    };
    await expect.poll(() => listeners().catch(() => 0), { timeout: 30_000 }).toBe(1);
    const before = heard;
    await ring(96);
    await expect.poll(() => heard, { timeout: 20_000 }).toBeGreaterThan(before);
    await stop();
    await expect.poll(listeners, { timeout: 20_000 }).toBe(0);
  });
});

describe('the sweeper (invariants Q1, Q2)', () => {
  const seconds = async (count: number) =>
    await sql`update doorbells set last_rung_at = last_rung_at - make_interval(secs => ${count})`.execute(store.db);

  it('rings again, with a fresh id, whatever waits and was not rung for a while: Redis was emptied', async () => {
    const { cardIds, batchId } = await releaseTestCards(store, 3);
    expect(await sweep(store.db)).toMatchObject({ cards: 0 });
    await seconds(60);
    // Still in the outbox: on its way, not lost.
    expect(await sweep(store.db)).toMatchObject({ cards: 0 });
    await relayOutbox(store.db, async () => await Promise.resolve());
    const [leased, queued, lost] = cardIds;
    const claimed = await createCardLedger(store, { line: 'line-1' }).claim({ cardId: leased ?? '', station: 'encode', owner: 'o' });
    expect(typeof claimed).toBe('object');
    const stillQueued = async (ids: readonly string[]) => await Promise.resolve(new Set(ids.filter((id) => id.startsWith(queued ?? ''))));
    expect(await sweep(store.db, { stillQueued })).toEqual({ orders: 0, cards: 1, batches: 0 });
    const rung: string[] = [];
    await relayOutbox(store.db, async (bell) => await Promise.resolve(void rung.push(bell.jobId)));
    expect(rung).toEqual([`${lost}-encode-2`]);
    expect(await sweep(store.db, { stillQueued })).toMatchObject({ cards: 0 });
    await seconds(60);
    await setLineMode(store, { line: 'line-1', mode: 'held', who: 'operator-an' });
    expect(await sweep(store.db, { stillQueued })).toMatchObject({ cards: 0 });
    // A draining line begins nothing: a card without a blank would be rung, pulled and dropped for as long as it drains.
    await setLineMode(store, { line: 'line-1', mode: 'draining', who: 'operator-an' });
    expect(await sweep(store.db)).toMatchObject({ cards: 0 });
    await setLineMode(store, { line: 'line-1', mode: 'running', who: 'operator-an' });
    await holdBatch(store, { batchId, who: 'operator-an' });
    expect(await sweep(store.db)).toMatchObject({ cards: 0 });
  });

  it('finds a batch whose pack was lost, and an order that was never prepared', async () => {
    const { batchId, cardIds } = await releaseTestCards(store, 1, '24.07210');
    await sql`update cards set state = 'INSPECTED' where card_id = ${cardIds[0]}`.execute(store.db);
    await sql`update orders set state = 'ORDERED' where order_key = (select order_key from cards where card_id = ${cardIds[0]})`.execute(
      store.db,
    );
    expect(await sweep(store.db)).toMatchObject({ orders: 1, batches: 1 });
    const rung: string[] = [];
    await relayOutbox(store.db, async (bell) => await Promise.resolve(void rung.push(bell.jobId)));
    expect(rung).toContain(`${batchId}-pack-1`);
  });
});
