import type { IdSource } from './ids.ts';
import type { Db } from './transaction.ts';

/** What nearly every function of production needs: the database, the clock, randomness for ids. */
export interface StoreDeps {
  readonly db: Db;
  readonly ids: IdSource;
}
