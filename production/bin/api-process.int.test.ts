import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { furnishTestPlant } from '#production/batches';
import { startTestStore, type TestStore } from '#production/store';

import { runningPlantFile, type RunningPlant } from './running-plant.ts';

let store: TestStore;
let plantDir: string;
let child: ChildProcess | undefined;
let tokens: ReadonlyMap<string, string>;

beforeEach(async () => {
  store = await startTestStore();
  tokens = await furnishTestPlant(store, 2);
  plantDir = mkdtempSync(join(tmpdir(), 'cardmint-api-'));
  const { password, ...connection } = store.connection;
  const passwordFile = join(plantDir, 'postgres.password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  // A plant whose Redis, signer and readers are not there: the API has to say so and to live.
  const plant: Partial<RunningPlant> = {
    plantDir,
    line: 'line-1',
    profile: 'cccd-2021',
    apiPort: 0,
    postgres: { ...connection, passwordFile },
    redis: { path: join(plantDir, 'absent-redis.sock') },
    pcscd: { csockName: join(plantDir, 'absent-pcscd.comm') },
    seats: [{ place: 'encode:1', readerName: 'absent' }] as unknown as RunningPlant['seats'],
    signerSocket: join(plantDir, 'absent-signer.sock'),
    secretsDir: plantDir,
  };
  writeFileSync(runningPlantFile(plantDir), JSON.stringify(plant));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await new Promise((resolve) => child?.once('exit', resolve));
  }
  await store?.stop();
  rmSync(plantDir, { recursive: true, force: true });
});

/** As the supervisor starts it, but from the sources. */
async function startApi(channel: boolean): Promise<string> {
  const script = fileURLToPath(new URL('api.ts', import.meta.url));
  child = spawn(process.execPath, ['--disable-proto=delete', '--conditions=source', '--import', 'tsx', script], {
    env: { ...process.env, CARDMINT_PLANT: plantDir },
    stdio: channel ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'inherit', 'inherit'],
  });
  const address = join(plantDir, 'run', 'api.json');
  await expect.poll(() => existsSync(address), { timeout: 30_000 }).toBe(true);
  return (JSON.parse(readFileSync(address, 'utf8')) as { url: string }).url;
}

const ended = async (): Promise<number | null> =>
  child === undefined || child.exitCode !== null ? (child?.exitCode ?? null) : await new Promise((resolve) => child?.once('exit', resolve));

test('without Redis, signer and readers it lives and says which is missing; SIGTERM ends it in order', async () => {
  const url = await startApi(false);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({
    ready: false,
    dependencies: {
      postgres: { ok: true },
      redis: { ok: false, where: 'redis' },
      token: { ok: false, code: 'SIGNER_UNREACHABLE' },
      readers: { ok: false, where: 'readers' },
      pcscd: { ok: false, where: 'pcscd' },
      feeder: { ok: false, where: 'virtual-cards' },
      line: { ok: false },
      inspector: { ok: false },
      worker: { ok: false },
    },
  });
  const bearer = { authorization: `Bearer ${tokens.get('operator-an') ?? ''}` };
  expect(await (await fetch(`${url}/v1/stock/balance`, { headers: bearer })).json()).toMatchObject({ vault: 2, balanced: true });
  // The numbers that do not need what is missing are there.
  const metrics = await (await fetch(`${url}/metrics`, { headers: bearer })).text();
  expect(metrics).toContain('cardmint_stock_blanks{account="vault"} 2');
  expect(metrics).toContain('cardmint_source_up{source="cardmint_queue_jobs"} 0');
  // An open event stream does not hold the process back.
  const events = await fetch(`${url}/v1/events`, { headers: bearer });
  expect(events.status).toBe(200);
  child?.kill('SIGTERM');
  expect(await ended()).toBe(0);
  await events.body?.cancel();
  expect(existsSync(join(plantDir, 'run', 'api.json'))).toBe(false);
  const log = readFileSync(join(plantDir, 'logs', 'api.log'), 'utf8');
  expect(log).toContain('api_listening');
  expect(log).not.toContain(tokens.get('operator-an'));
});

test('started with a channel, it ends when its parent closes it', async () => {
  await startApi(true);
  child?.disconnect();
  expect(await ended()).toBe(0);
});

test('no order is taken in while the signer is away: 503 that names it, nothing stored', async () => {
  const url = await startApi(false);
  const order = {
    orderId: 'a-1',
    dossierNumber: '01.00004-26-000001',
    requestType: 'FIRST_ISSUANCE',
    priority: 5,
    dueDate: '2026-12-01',
    deliveryOffice: '01.00004',
    citizen: {
      personalNumber: '001190000123',
      fullName: 'Nguyễn Thị Canary',
      dateOfBirth: '1990-02-15',
      sex: 'female',
      nationality: 'VNM',
      ethnicity: 'Kinh',
      religion: 'Không',
      placeOfOrigin: 'Hà Nội',
      placeOfResidence: 'Hà Nội',
      personalMarks: 'Không',
      father: null,
      mother: null,
      spouses: [],
      oldIdentityNumber: null,
      dateOfIssue: '2026-11-21',
      dateOfExpiry: null,
      portrait: 'AAAA',
      leftIndexFinger: 'AAAA',
      rightIndexFinger: 'AAAA',
    },
  };
  const answer = await fetch(`${url}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.get('registry') ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify({ format: 'cardmint-orders/1', orders: [order] }),
  });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'SIGNER_UNREACHABLE' });
  expect(await store.db.selectFrom('orders').selectAll().execute()).toEqual([]);
  expect(readFileSync(join(plantDir, 'logs', 'api.log'), 'utf8')).not.toMatch(/001190000123|Canary/u);
});
