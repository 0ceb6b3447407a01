import type { Kysely, Transaction } from 'kysely';
import { asStoreError, sqlState, StoreError } from './store-error.ts';
import type { Tables } from './tables.ts';

export type Db = Kysely<Tables>;
export type Trx = Transaction<Tables>;

/** Serialisation failure and deadlock: PostgreSQL undid the transaction, and doing it again is right. */
const LOST_AGAINST_ANOTHER = new Set(['40001', '40P01']);

/** Past this many losses something is wrong with the work, not with the luck. */
const ATTEMPTS_MAX = 12;

/**
 * Runs `work` in one transaction, again when it lost against another one. `work` must have no effect outside the database.
 * READ COMMITTED with explicit row locks unless asked otherwise.
 * Errors: DATABASE_UNREACHABLE, DATABASE_FULL, DATABASE_CONTENDED, COMMIT_OUTCOME_UNKNOWN (the connection broke after COMMIT
 * was sent: read the state again by the id of what was asked), and whatever `work` throws.
 */
export async function withTransaction<T>(
  db: Db,
  work: (trx: Trx) => Promise<T>,
  options: { readonly isolation?: 'read committed' | 'repeatable read' | 'serializable' } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let committing = false;
    try {
      return await db
        .transaction()
        .setIsolationLevel(options.isolation ?? 'read committed')
        .execute(async (trx) => {
          committing = false;
          const result = await work(trx);
          committing = true;
          return result;
        });
    } catch (error) {
      const state = sqlState(error);
      if (state !== undefined && LOST_AGAINST_ANOTHER.has(state)) {
        if (attempt >= ATTEMPTS_MAX) throw new StoreError('DATABASE_CONTENDED', { cause: error });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** Math.min(attempt, 6)));
        continue;
      }
      const known = asStoreError(error);
      if (committing && known instanceof StoreError && known.code === 'DATABASE_UNREACHABLE') {
        throw new StoreError('COMMIT_OUTCOME_UNKNOWN', { cause: error });
      }
      throw known;
    }
  }
}
