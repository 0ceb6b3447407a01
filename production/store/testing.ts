import { join } from 'node:path';
import { startTestPostgres, type TestPostgres } from '#production/plant';
import { openDatabase, type DatabaseConnection } from './connect.ts';
import type { StoreDeps } from './deps.ts';
import { systemIds } from './ids.ts';
import { migrate } from './migrate.ts';

export interface TestStore extends StoreDeps {
  readonly connection: DatabaseConnection;
  readonly postgres: TestPostgres;
  /** The cluster's folder, data directory and WAL included. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** A real PostgreSQL with this version's schema, in a temporary folder. */
export async function startTestStore(): Promise<TestStore> {
  const postgres = await startTestPostgres();
  const db = openDatabase(postgres.connection, { connectionsMax: 12 });
  await migrate(db);
  return {
    db,
    ids: systemIds,
    connection: postgres.connection,
    postgres,
    // The socket is in `<plant>/run/postgres`, the cluster in `<plant>/postgres`.
    folder: join(postgres.connection.host, '../../postgres'),
    async stop() {
      await db.destroy();
      await postgres.stop();
    },
  };
}
