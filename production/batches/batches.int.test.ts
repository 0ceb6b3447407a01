import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cardTrace } from '#production/cards';
import { startTestStore, type TestStore } from '#production/store';
import { cancelCard, createBatches, findBatch, holdBatch, listBatches, releaseBatch, resumeBatch } from './index.ts';
import { furnishTestPlant, insertTestCard } from './testing.ts';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await furnishTestPlant(store, 0);
});
afterAll(async () => {
  await store?.stop();
});

async function batchOf(count: number, office = '01.00004') {
  const cardIds: string[] = [];
  for (let i = 0; i < count; i++) cardIds.push(await insertTestCard(store, { office }));
  const [batch] = await createBatches(store, { who: 'operator-an', provinceCode: office.slice(0, 2) });
  if (batch === undefined) throw new Error('no batch');
  return { ...batch, cardIds };
}
const rungFor = async (cardIds: readonly string[]) =>
  (await store.db.selectFrom('outbox').select('payload').where('queue', '=', 'encode').orderBy('outbox_id').execute())
    .map((row) => row.payload['cardId'] ?? '')
    .filter((cardId) => cardIds.includes(cardId));

describe('making batches', () => {
  it('puts what waits into one batch a province, every card into one, however many ask at once', async () => {
    for (let i = 0; i < 6; i++) await insertTestCard(store, { office: i < 4 ? '01.00037' : '24.07210' });
    const answers = await Promise.allSettled(
      Array.from({ length: 4 }, async () => await createBatches(store, { who: 'operator-an', cardsMax: 3 })),
    );
    const made = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'BATCH_EMPTY' });
    expect(made.reduce((sum, batch) => sum + batch.cards, 0)).toBe(6);
    expect(made.filter((batch) => batch.provinceCode === '24').reduce((sum, batch) => sum + batch.cards, 0)).toBe(2);
    const { rows } = await sql<{ n: number }>`select count(*) as n from cards where state = 'BATCHED' and batch_id is not null`.execute(
      store.db,
    );
    expect(rows[0]?.n).toBe(6);
  });
});

describe('release by two persons (invariant D2)', () => {
  it('the first approves, himself again does not count, the second releases, in one transaction with the doorbells', async () => {
    const { batchId, contentHash, cardIds } = await batchOf(3);
    const release = async (who: string, hash = contentHash) => await releaseBatch(store, { batchId, contentHash: hash, who });
    await sql`update cards set due_date = '2026-11-25' where card_id = ${cardIds[2]}`.execute(store.db);
    await expect(release('operator-an', 'a'.repeat(64))).rejects.toMatchObject({ code: 'APPROVAL_STALE' });
    expect(await release('operator-an')).toEqual({ batchId, state: 'AWAITS_SECOND_PERSON', approvedBy: ['operator-an'] });
    await expect(release('operator-an')).rejects.toMatchObject({ code: 'DUAL_CONTROL_SAME_PERSON' });
    expect(await rungFor(cardIds)).toEqual([]);
    expect(await release('operator-binh')).toEqual({ batchId, state: 'RELEASED', approvedBy: ['operator-an', 'operator-binh'] });
    expect(await release('operator-binh')).toMatchObject({ state: 'RELEASED', approvedBy: ['operator-an', 'operator-binh'] });
    // The oldest due date first.
    expect(await rungFor(cardIds)).toEqual([cardIds[2], cardIds[0], cardIds[1]]);
    expect(await findBatch(store, batchId)).toMatchObject({
      state: 'RELEASED',
      cards: { RELEASED: 3 },
      approvals: [{ who: 'operator-an' }, { who: 'operator-binh' }],
    });
  });

  it('eight of the same person at once never release', async () => {
    const { batchId, contentHash, cardIds } = await batchOf(1);
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, async () => await releaseBatch(store, { batchId, contentHash, who: 'operator-an' })),
    );
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
    expect(await findBatch(store, batchId)).toMatchObject({ state: 'OPEN' });
    expect(await rungFor(cardIds)).toEqual([]);
  });

  it('an approval is for what the batch held then: a card taken out makes it stale, for the second person too', async () => {
    const { batchId, contentHash, cardIds } = await batchOf(2);
    await releaseBatch(store, { batchId, contentHash, who: 'operator-an' });
    await cancelCard(store, { cardId: cardIds[0] ?? '', who: 'operator-binh', reason: 'ORDER_WITHDRAWN' });
    await expect(releaseBatch(store, { batchId, contentHash, who: 'operator-binh' })).rejects.toMatchObject({ code: 'APPROVAL_STALE' });
    expect(await cardTrace(store, cardIds[0] ?? '')).toMatchObject({ state: 'CANCELLED' });
  });

  it('an approval is over after ten minutes', async () => {
    const { batchId, contentHash } = await batchOf(1);
    await releaseBatch(store, { batchId, contentHash, who: 'operator-an' });
    const later = { ...store, ids: { ...store.ids, now: () => new Date(Date.now() + 10 * 60_000 + 1000) } };
    expect(await releaseBatch(later, { batchId, contentHash, who: 'operator-binh' })).toMatchObject({ state: 'AWAITS_SECOND_PERSON' });
    await expect(releaseBatch(later, { batchId, contentHash, who: 'operator-binh' })).rejects.toMatchObject({
      code: 'DUAL_CONTROL_SAME_PERSON',
    });
    expect(await releaseBatch(later, { batchId, contentHash, who: 'operator-an' })).toMatchObject({ state: 'RELEASED' });
  });
});

describe('hold and resume', () => {
  it('goes back to where it was and rings what waits again; a held batch is not released', async () => {
    const { batchId, contentHash, cardIds } = await batchOf(2);
    const request = { batchId, who: 'operator-an' };
    expect(await holdBatch(store, request)).toBe('HELD');
    await expect(releaseBatch(store, { ...request, contentHash })).rejects.toMatchObject({ code: 'BATCH_STATE' });
    expect(await resumeBatch(store, request)).toBe('OPEN');
    await releaseBatch(store, { ...request, contentHash });
    await releaseBatch(store, { batchId, contentHash, who: 'operator-binh' });
    expect(await holdBatch(store, request)).toBe('HELD');
    expect(await holdBatch(store, request)).toBe('HELD');
    expect(await resumeBatch(store, request)).toBe('RELEASED');
    expect(await resumeBatch(store, request)).toBe('RELEASED');
    expect(await rungFor(cardIds)).toEqual([...cardIds, ...cardIds]);
    await expect(holdBatch(store, { batchId: 'bat-none', who: 'x' })).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' });
    expect((await listBatches(store, { state: 'RELEASED' })).map((batch) => batch.batchId)).toContain(batchId);
  });
});
