import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types, type CustomTypesConfig } from 'pg';
import type { Tables } from './tables.ts';
import type { Db } from './transaction.ts';

export interface DatabaseConnection {
  /** A host name, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface DatabaseOptions {
  /** 10 unless told. */
  readonly connectionsMax?: number;
  /** Shown in pg_stat_activity: the process. */
  readonly applicationName?: string;
  /** A pooled connection broke while idle; the pool makes a new one. For the log. */
  readonly onIdleError?: (error: Error) => void;
}

/** bigint columns here are counters below 2^53; dates are calendar days and stay text, a `Date` would shift them with the time zone. */
const TYPES: CustomTypesConfig = {
  getTypeParser(oid, format) {
    if (format !== 'binary' && oid === types.builtins.INT8) return (value: string) => Number(value);
    if (format !== 'binary' && oid === types.builtins.DATE) return (value: string) => value;
    return types.getTypeParser(oid, format) as (value: string | Buffer) => unknown;
  },
};

/** A pool and its query builder. `db.destroy()` closes it. Connects at the first query. */
export function openDatabase(connection: DatabaseConnection, options: DatabaseOptions = {}): Db {
  const pool = new Pool({
    ...connection,
    max: options.connectionsMax ?? 10,
    application_name: options.applicationName ?? 'cardmint',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    types: TYPES,
  });
  // Without listeners a connection that breaks, idle or at work, would end the process; at work the statement rejects as well.
  pool.on('error', (error) => options.onIdleError?.(error));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
