import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doorbell } from '#queues/jobs';
import { answerDoorbell, type Answerer } from './answer.ts';
import { connectQueue } from './connection.ts';
import { createRinger, type Ringer } from './ring.ts';

/** A private Redis for this file: queues may not reach into production, where the plant's own one is started. */
let folder = '';
let server: ChildProcess;
let ringer: Ringer;
const connections: Redis[] = [];

const socket = (): string => join(folder, 'redis.sock');
function connection(waits: boolean): Redis {
  const redis = connectQueue({ path: socket() }, waits);
  connections.push(redis);
  return redis;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardmint-redis-'));
  server = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket(), '--dir', folder, '--save', '', '--maxmemory-policy', 'noeviction'],
    { stdio: 'ignore' },
  );
  // The client's own retries wait until the server answers.
  await connection(true).ping();
  ringer = createRinger(connection(true));
});
afterAll(async () => {
  await ringer.close();
  for (const redis of connections) redis.disconnect();
  server.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const cardId = (n: number): string => `crd-${String(n).padStart(26, '0')}`;
const bell = (n: number, priority = 10, jobId = `${cardId(n)}-encode-1`): Doorbell => ({
  queue: 'encode',
  payload: { cardId: cardId(n) },
  jobId,
  priority,
});

describe('doorbells', () => {
  it('are answered remakes first, each once, however often they were rung', async () => {
    for (const n of [1, 2, 3]) await ringer.ring(bell(n));
    await ringer.ring(bell(2));
    await ringer.ring(bell(9, 1));
    const seen: string[] = [];
    const answerer = answerDoorbell({
      queue: 'encode',
      connection: connection(true),
      mayPull: () => Promise.resolve(true),
      handle: (payload) => Promise.resolve(seen.push(payload.cardId)),
      onFault: ({ error }) => expect.unreachable(String(error)),
    });
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(4);
    await answerer.stop();
    expect(seen[0]).toBe(cardId(9));
    expect([...seen].sort()).toEqual([cardId(1), cardId(2), cardId(3), cardId(9)].sort());
  });

  it('ring again after the queue was emptied, and a held station pulls nothing', async () => {
    let held = true;
    const seen: string[] = [];
    const faults: string[] = [];
    const answerer: Answerer = answerDoorbell({
      queue: 'encode',
      connection: connection(true),
      mayPull: () => Promise.resolve(!held),
      handle: (payload) => Promise.resolve(seen.push(payload.cardId)),
      onFault: ({ code }) => faults.push(code),
    });
    await ringer.ring(bell(11));
    await sleep(600);
    expect(seen).toEqual([]);
    await connection(true).flushall();
    held = false;
    await sleep(300);
    await ringer.ring(bell(12, 10, `${cardId(12)}-encode-2`));
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([cardId(12)]);
    await answerer.stop();
  });

  it('leave no reason of a failure in Redis but its code, and never come back by themselves (stack-pitfalls §0.4)', async () => {
    let calls = 0;
    const faults: string[] = [];
    const answerer = answerDoorbell({
      queue: 'encode',
      connection: connection(true),
      mayPull: () => Promise.resolve(true),
      handle: () => {
        calls += 1;
        return Promise.reject(new Error('canary 001190000123'));
      },
      onFault: ({ code }) => faults.push(code),
    });
    await ringer.ring(bell(21));
    await expect.poll(() => faults, { timeout: 10_000 }).toEqual(['UNEXPECTED']);
    await sleep(1500);
    await answerer.stop();
    expect(calls).toBe(1);
    const redis = connection(true);
    for (const key of await redis.keys('*')) {
      const dump = await redis.dumpBuffer(key);
      expect(dump?.includes('001190000123') ?? false, key).toBe(false);
    }
  });

  it('wait for the next one, when the one who waited at the empty queue was asked to stop', async () => {
    const seen: string[] = [];
    const answering = (who: string): Answerer =>
      answerDoorbell({
        queue: 'encode',
        connection: connection(true),
        mayPull: () => Promise.resolve(true),
        handle: (payload) => Promise.resolve(seen.push(`${who} ${payload.cardId}`)),
        onFault: ({ error }) => expect.unreachable(String(error)),
      });
    const first = answering('first');
    await sleep(500);
    await first.stop();
    await ringer.ring(bell(31));
    const second = answering('second');
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([`second ${cardId(31)}`]);
    await second.stop();
  });

  it('are not blamed for what the station could not find out before it pulled', async () => {
    const faults: string[] = [];
    const answerer = answerDoorbell({
      queue: 'encode',
      connection: connection(true),
      mayPull: () => Promise.reject(new Error('the database system is starting up')),
      handle: () => Promise.reject(new Error('nothing was pulled')),
      onFault: ({ code }) => faults.push(code),
    });
    await expect.poll(() => faults[0], { timeout: 10_000 }).toBe('UNEXPECTED');
    await answerer.stop();
    expect(new Set(faults)).toEqual(new Set(['UNEXPECTED']));
  });

  it('reach a Redis that wants a password, and only with it', async () => {
    const admin = connection(true);
    await admin.config('SET', 'requirepass', 'of-the-plant');
    const right = connectQueue({ path: socket(), password: 'of-the-plant' }, true);
    const wrong = connectQueue({ path: socket(), password: 'of-somebody' }, true);
    connections.push(right, wrong);
    try {
      expect(await right.ping()).toBe('PONG');
      await expect(wrong.ping()).rejects.toThrow(/NOAUTH|WRONGPASS/);
    } finally {
      await right.config('SET', 'requirepass', '');
    }
  });

  it('carry nothing but an id of the right shape', async () => {
    await expect(ringer.ring({ ...bell(1), payload: { cardId: 'Nguyễn' } })).rejects.toThrow(/does not fit/);
  });
});
