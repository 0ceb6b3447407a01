import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';

import { makeFolders } from './folders.ts';
import { supervise, type Supervised, type SupervisorDeps } from './supervisor.ts';

export interface PlantRedis {
  /** Path of the unix socket. */
  readonly path: string;
  readonly service: Supervised;
}

/** Where a Redis answers: a unix socket, or a host of yours, with the password in a file when it wants one. */
export type RedisPlace = ({ readonly path: string } | { readonly host: string; readonly port: number }) & {
  readonly passwordFile?: string;
};

const PING_TIMEOUT_MS = 2_000;
/** A reply to PING is `+PONG` or one error line; more than this is no Redis. */
const REPLY_MAX_BYTES = 1_024;

/**
 * Starts a private Redis under `redis/` of the plant's folder: unix socket only, append-only file synced every second, `noeviction`
 * (a queue that silently drops keys is worse than one that refuses new ones).
 * @throws PlantError `PROGRAM_MISSING`, `DISK_FULL`, `SERVICE_EXITED`, `SERVICE_NOT_READY`.
 */
export async function startRedis(deps: SupervisorDeps): Promise<PlantRedis> {
  const folders = makeFolders(deps.plantDir);
  const home = join(folders.root, 'redis');
  const socketDir = join(folders.run, 'redis');
  for (const folder of [home, socketDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(socketDir, 'redis.sock');
  const settings: readonly (readonly [string, string])[] = [
    ['port', '0'],
    ['unixsocket', path],
    ['unixsocketperm', '700'],
    ['dir', home],
    ['appendonly', 'yes'],
    ['appendfsync', 'everysec'],
    ['save', ''],
    ['maxmemory-policy', 'noeviction'],
    ['daemonize', 'no'],
    ['logfile', ''],
  ];
  const service = await supervise(deps, {
    name: 'redis',
    command: 'redis-server',
    args: settings.flatMap(([name, value]) => [`--${name}`, value]),
    cwd: home,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 15_000,
    readyDeadlineMs: 60_000,
    prepare: () => Promise.resolve(rmSync(path, { force: true })),
    probe: () => pingRedis({ path }),
  });
  return { path, service };
}

/** Resolves when a Redis answers PONG at this place, rejects when it refuses, is still loading, or stays silent. */
export function pingRedis(place: RedisPlace): Promise<void> {
  const { passwordFile, ...address } = place;
  const password = passwordFile === undefined ? undefined : readFileSync(passwordFile, 'utf8').trim();
  const replies = password === undefined ? ['+PONG'] : ['+OK', '+PONG'];
  return new Promise((resolve, reject) => {
    const socket = createConnection(address);
    let reply = '';
    socket.setTimeout(PING_TIMEOUT_MS, () => socket.destroy(new Error('no answer to PING')));
    socket.on('connect', () => socket.write((password === undefined ? '' : command('AUTH', password)) + command('PING')));
    socket.on('data', (chunk) => {
      reply += chunk.toString('latin1');
      const lines = reply.split('\r\n');
      if (lines.length <= replies.length && reply.length < REPLY_MAX_BYTES) return;
      socket.destroy();
      if (replies.every((expected, index) => lines[index] === expected)) resolve();
      else reject(new Error('Redis answered, but not PONG'));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed without an answer')));
  });
}

/** A command as Redis takes it (RESP): the count of words, then each with its length in bytes. */
function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
