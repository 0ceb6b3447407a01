import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { pingRedis } from './redis.ts';
import { startTestPostgres, startTestRedis, type TestPostgres, type TestRedis } from './testing.ts';

describe('servers for tests', () => {
  let postgres: TestPostgres;
  let redis: TestRedis;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startTestPostgres(), startTestRedis()]);
  });

  afterAll(async () => {
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  it('gives a database whose owner is no superuser, and keeps committed rows through a crash', async () => {
    const before = new Client(postgres.connection);
    before.on('error', () => undefined);
    await before.connect();
    const { rows } = await before.query<{ super: string; encoding: string }>(
      `select current_setting('is_superuser') as super, current_setting('server_encoding') as encoding`,
    );
    expect(rows[0]).toEqual({ super: 'off', encoding: 'UTF8' });
    await before.query(`create table t (name text)`);
    await before.query(`insert into t values ('Nguyễn Thị Ước')`);
    await postgres.crash();
    const after = new Client(postgres.connection);
    await after.connect();
    expect((await after.query('select name from t')).rows).toEqual([{ name: 'Nguyễn Thị Ước' }]);
    await after.end();
  });

  it('refuses a wrong password', async () => {
    const client = new Client({ ...postgres.connection, password: 'wrong' });
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it('makes fresh databases that share nothing', async () => {
    const [a, b] = [await postgres.freshDatabase(), await postgres.freshDatabase()];
    expect(a.database).not.toBe(b.database);
    const client = new Client(a);
    await client.connect();
    await client.query('create table only_here (id int)');
    await client.end();
    const other = new Client(b);
    await other.connect();
    expect((await other.query(`select to_regclass('only_here') as found`)).rows).toEqual([{ found: null }]);
    await other.end();
  });

  it('gives a Redis that answers again after a crash', async () => {
    await redis.crash();
    await expect(pingRedis({ path: redis.path })).resolves.toBeUndefined();
  });
});
