import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestStore, withTransaction, type TestStore } from '#production/store';
import { walkChain } from './entries.ts';
import { appendAudit, verifyAudit } from './index.ts';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await Promise.all(
    Array.from(
      { length: 60 },
      async (_, i) =>
        await withTransaction(store.db, async (trx) => {
          await appendAudit(trx, store.ids, { who: `p${i}`, what: 'card.x', subject: `s${i}`, evidence: { n: i } });
          if (i % 2 === 0) await appendAudit(trx, store.ids, { who: `p${i}`, what: 'card.y', subject: `s${i}` });
          if (i % 10 === 9) throw new Error('undo');
        }).catch(() => undefined),
    ),
  );
});
afterAll(async () => {
  await store?.stop();
});

describe('the audit chain (invariants A1, A3)', () => {
  it('is one chain without a gap, though many wrote at once and some undid their work', async () => {
    const verdict = await verifyAudit(store.db);
    expect(verdict).toMatchObject({ intact: true, length: 84 });
  });

  it('a transaction that fails at its commit leaves no entry', async () => {
    const before = await verifyAudit(store.db);
    await sql`create table late (id int unique deferrable initially deferred)`.execute(store.db);
    await expect(
      withTransaction(store.db, async (trx) => {
        await appendAudit(trx, store.ids, { who: 'p', what: 'w', subject: 's' });
        await sql`insert into late values (1), (1)`.execute(trx);
      }),
    ).rejects.toMatchObject({ code: '23505' });
    expect(await verifyAudit(store.db)).toEqual(before);
  });

  it.each([
    ['an entry was edited', sql`update audit_entries set who = 'somebody else' where subject = 's7'`, 'ENTRY_CHANGED'],
    ['its evidence was edited', sql`update audit_entries set evidence = '{"n":8}' where subject = 's7'`, 'ENTRY_CHANGED'],
    ['its time was edited', sql`update audit_entries set at = at + interval '1 second' where subject = 's7'`, 'ENTRY_CHANGED'],
    ['two entries changed places', sql`update audit_links set entry_id = 12 - entry_id where entry_id in (5, 7)`, 'LINK_CHANGED'],
    ['one was cut out', sql`delete from audit_links where seq = 20`, 'GAP'],
    ['the tail was cut off', sql`delete from audit_links where seq > 80`, 'HEAD_CHANGED'],
    [
      'the tail was cut off and the head set back',
      sql`with cut as (delete from audit_links where seq > 80) update audit_head set length = 80, hash = (select hash from audit_links where seq = 80)`,
      'ENTRY_UNLINKED',
    ],
  ])('sees that %s', async (_name, tamper, reason) => {
    // The owner of the tables can take the triggers away; what he does is undone for the next case.
    const verdict = await store.db
      .transaction()
      .execute(async (trx) => {
        for (const table of ['audit_entries', 'audit_links']) {
          await sql`alter table ${sql.table(table)} disable trigger user`.execute(trx);
          await sql`alter table audit_links drop constraint if exists audit_links_entry_id_key`.execute(trx);
        }
        await tamper.execute(trx);
        // The verdict of what would be committed: the same walk on this connection.
        throw new Tampered(await walkChain(trx));
      })
      .catch((error: unknown) => (error instanceof Tampered ? error.verdict : Promise.reject(error as Error)));
    expect(verdict).toMatchObject({ intact: false, reason });
    expect(await verifyAudit(store.db)).toMatchObject({ intact: true });
  });
});

class Tampered extends Error {
  readonly verdict: Awaited<ReturnType<typeof verifyAudit>>;
  constructor(verdict: Awaited<ReturnType<typeof verifyAudit>>) {
    super('undo');
    this.verdict = verdict;
  }
}
