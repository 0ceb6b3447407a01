import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { migrate, openDatabase, shippedMigrations, startTestStore, withTransaction, type TestStore } from './index.ts';

describe('the schema', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startTestStore();
  });
  afterAll(async () => {
    await store?.stop();
  });

  it('is applied once, however many migrators start at the same time', async () => {
    const connection = await store.postgres.freshDatabase();
    const two = [openDatabase(connection), openDatabase(connection)] as const;
    const applied = await Promise.all(two.map(async (db) => await migrate(db)));
    expect(applied.map((names) => names.length).sort((a, b) => a - b)).toEqual([0, (await shippedMigrations()).length]);
    await Promise.all(two.map(async (db) => await db.destroy()));
  });

  it('refuses a migration that was changed after it was applied, and one it does not know', async () => {
    const shipped = await shippedMigrations();
    const changed = shipped.map((file, i) => (i === 0 ? { ...file, text: `${file.text}\n-- changed` } : file));
    await expect(migrate(store.db, changed)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    await expect(migrate(store.db, shipped.slice(0, -1))).rejects.toMatchObject({ code: 'MIGRATION_UNKNOWN' });
  });

  it('undoes a migration that fails, whole', async () => {
    const shipped = await shippedMigrations();
    const broken = [...shipped, { name: '9999-broken.sql', text: 'create table half (id int); select 1/0;' }];
    await expect(migrate(store.db, broken)).rejects.toThrow(/division by zero/);
    const { rows } = await sql<{ half: string | null }>`select to_regclass('half') as half`.execute(store.db);
    expect(rows[0]?.half).toBeNull();
    expect(await migrate(store.db)).toEqual([]);
  });
});

describe('a transaction', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startTestStore();
    await sql`create table counter (id int primary key, n int not null)`.execute(store.db);
    await sql`insert into counter values (1, 0), (2, 0)`.execute(store.db);
  });
  afterAll(async () => {
    await store?.stop();
  });

  it('that lost against another is done again: 40 serialisable increments from 8 clients are 40', async () => {
    await Promise.all(
      Array.from(
        { length: 40 },
        async () =>
          await withTransaction(
            store.db,
            async (trx) => {
              const { rows } = await sql<{ n: number }>`select n from counter where id = 1`.execute(trx);
              await sql`update counter set n = ${(rows[0]?.n ?? 0) + 1} where id = 1`.execute(trx);
            },
            { isolation: 'serializable' },
          ),
      ),
    );
    const { rows } = await sql<{ n: number }>`select n from counter where id = 1`.execute(store.db);
    expect(rows[0]?.n).toBe(40);
  });

  it('that deadlocks is done again', async () => {
    const both = async (first: number, second: number) =>
      await withTransaction(store.db, async (trx) => {
        await sql`update counter set n = n + 1 where id = ${first}`.execute(trx);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await sql`update counter set n = n + 1 where id = ${second}`.execute(trx);
      });
    await Promise.all([both(1, 2), both(2, 1)]);
    const { rows } = await sql<{ n: number }>`select n from counter where id = 2`.execute(store.db);
    expect(rows[0]?.n).toBe(2);
  });

  it('says so when nobody knows whether it was committed', async () => {
    const deferred = withTransaction(store.db, async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      await sql`update counter set n = n + 1 where id = 2`.execute(trx);
      await sql`select pg_terminate_backend(${rows[0]?.pid ?? 0})`.execute(store.db);
    });
    await expect(deferred).rejects.toMatchObject({ code: 'COMMIT_OUTCOME_UNKNOWN' });
  });

  it('names an unreachable database', async () => {
    const nowhere = openDatabase({ ...store.connection, host: '/nowhere' });
    await expect(withTransaction(nowhere, async (trx) => await sql`select 1`.execute(trx))).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
    });
    await nowhere.destroy();
  });
});
