import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { sql, type Kysely } from 'kysely';
import { StoreError } from './store-error.ts';
import type { Tables } from './tables.ts';

export interface Migration {
  /** `NNNN-name.sql` */
  readonly name: string;
  readonly text: string;
}

/** Any number that no other user of this database takes for an advisory lock: "cardmint" on a phone's keys. */
const MIGRATION_LOCK = 22736468;

/**
 * Brings the schema up to this version: forward only, each file in a transaction of its own together with its row in
 * `schema_migrations`. Two migrators wait for each other. Errors: MIGRATION_CHANGED, MIGRATION_UNKNOWN.
 * @returns the names that were applied now
 */
export async function migrate(db: Kysely<Tables>, migrations?: readonly Migration[]): Promise<readonly string[]> {
  const files = migrations ?? (await shippedMigrations());
  return await db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`.execute(connection);
    try {
      await sql`create table if not exists schema_migrations (
        name text primary key, hash text not null, applied_at timestamptz not null default now())`.execute(connection);
      const applied = new Map(
        (await sql<{ name: string; hash: string }>`select name, hash from schema_migrations`.execute(connection)).rows.map((row) => [
          row.name,
          row.hash,
        ]),
      );
      const known = new Set(files.map((file) => file.name));
      for (const name of applied.keys()) if (!known.has(name)) throw new StoreError('MIGRATION_UNKNOWN', { where: name });
      const fresh: string[] = [];
      for (const { name, text } of files) {
        const hash = createHash('sha256').update(text).digest('hex');
        const before = applied.get(name);
        if (before === hash) continue;
        if (before !== undefined) throw new StoreError('MIGRATION_CHANGED', { where: name });
        await connection.transaction().execute(async (trx) => {
          await sql.raw(text).execute(trx);
          await sql`insert into schema_migrations (name, hash) values (${name}, ${hash})`.execute(trx);
        });
        fresh.push(name);
      }
      return fresh;
    } finally {
      await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`.execute(connection);
    }
  });
}

/** The SQL files beside this module, in the order of their numbers. */
export async function shippedMigrations(): Promise<readonly Migration[]> {
  const folder = new URL('./migrations/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name)).sort();
  return await Promise.all(names.map(async (name) => ({ name, text: await readFile(new URL(name, folder), 'utf8') })));
}
