import { readFileSync } from 'node:fs';
import { startPostgres } from '#production/plant';
import { migrate, openDatabase, type DatabaseConnection, type Db } from '#production/store';

/** A PostgreSQL of its own with this version's schema, as durable as a plant's: what is committed has been written to the disk. */
export interface ThrowawayDatabase {
  readonly db: Db;
  readonly connection: DatabaseConnection;
  stop(): Promise<void>;
}

/** @param folder where the cluster is made; its owner removes it afterwards */
export async function startThrowawayDatabase(folder: string, connectionsMax = 8): Promise<ThrowawayDatabase> {
  const { connection: made, service } = await startPostgres({ plantDir: folder });
  const { host, port, user, database, passwordFile } = made;
  const connection = { host, port, user, database, password: readFileSync(passwordFile, 'utf8') };
  const db = openDatabase(connection, { connectionsMax });
  const stop = async (): Promise<void> => {
    await db.destroy();
    await service.stop();
  };
  try {
    await migrate(db);
  } catch (error) {
    await stop();
    throw error;
  }
  return { db, connection, stop };
}
