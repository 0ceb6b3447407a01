/**
 * PostgreSQL: the pool, the schema's migrations, the transaction that tries again, ids and canonical JSON. It knows which
 * tables there are and nothing of what they mean: the rooms of production own their rows.
 */
export { openDatabase, type DatabaseConnection, type DatabaseOptions } from './connect.ts';
export { withTransaction, type Db, type Trx } from './transaction.ts';
export { migrate, shippedMigrations, type Migration } from './migrate.ts';
export { newId, systemIds, type IdPrefix, type IdSource } from './ids.ts';
export { canonicalJson, type CanonicalValue } from './canonical-json.ts';
export { asStoreError, constraintOf, sqlState, StoreError, type StoreErrorCode } from './store-error.ts';
export type * from './tables.ts';
export type { StoreDeps } from './deps.ts';
/** For tests of other rooms only: a real PostgreSQL in a temporary folder. */
export { startTestStore, type TestStore } from './testing.ts';
