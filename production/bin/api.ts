/**
 * The API: HTTP on localhost. It holds no key and no native addon; it seals records to the token's public key and cannot open them.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { sql } from 'kysely';

import { ConfigError } from '#production/config';
import type { ReadinessCheck } from '#production/http';
import { checkReaders, isAlive } from '#production/plant';
import { asStoreError } from '#production/store';
import { createRinger } from '#queues/workers';

import { away, createApi, sealToTokens } from './api-server.ts';
import { runProcess } from './process.ts';
import { openPlantDatabase, openQueue, openSigner, readyFile, storeDeps, type RunningPlant } from './running-plant.ts';

const HOST = '127.0.0.1';

await runProcess('api', async (plant, log) => {
  const db = await openPlantDatabase(plant, 'api', 8);
  const signer = openSigner(plant, 'api');
  const redis = openQueue(plant, false);
  const ringer = createRinger(redis);
  const running = await createApi({
    ...storeDeps(db),
    signer,
    sealBox: sealToTokens,
    profile: plant.profile,
    line: plant.line,
    log,
    queueDepths: () => ringer.depths(),
    checks: {
      postgres: async () => {
        await sql`select 1`.execute(db).catch((error: unknown) => {
          throw asStoreError(error);
        });
      },
      redis: async () => {
        const answer = await redis.ping().catch(() => undefined);
        if (answer !== 'PONG') throw away('redis');
      },
      token: async () => {
        const { token, alarms } = await signer.health();
        if (token !== 'ok') throw away('token', token);
        return alarms;
      },
      readers: async () => {
        const silent = plant.seats.filter(
          ({ place }) => !isProcessReady(plant, `seat-${place.replace(':', '-')}`) && place.startsWith('encode:'),
        );
        if (silent.length > 0) throw away('readers', silent.map(({ place }) => place).join(', '));
      },
      pcscd: async () => {
        await checkReaders(plant.pcscd.csockName, plant.seats).catch((error: unknown) => {
          throw away('pcscd', error instanceof Error ? error.message : undefined);
        });
      },
      feeder: processCheck(plant, 'virtual-cards'),
      ...Object.fromEntries(['line', 'inspector', 'worker'].map((name) => [name, processCheck(plant, name)])),
    },
  });
  const { api } = running;
  await listen(plant, (port) => api.listen({ host: HOST, port }));
  const { port } = api.server.address() as AddressInfo;
  const address = writeAddress(plant.plantDir, port);
  log.info({ event: 'api_listening', port }, 'the API listens');

  // Started as a child with a channel, it ends with its parent.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  return {
    async stop() {
      rmSync(address, { force: true });
      await running.stop();
      await ringer.close();
      redis.disconnect();
      await db.destroy();
    },
  };
});

/**
 * On the configured port; where any will do, on that of an API of this plant that died, for its clients and open pages know no other.
 * That one may not have let go of it yet.
 */
async function listen(plant: RunningPlant, start: (port: number) => Promise<unknown>): Promise<void> {
  const port = plant.apiPort === 0 ? lastPort(plant.plantDir) : plant.apiPort;
  for (let attempt = 1; ; attempt++) {
    try {
      await start(port);
      return;
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken) throw error;
      if (attempt === 20) {
        if (plant.apiPort === 0) return void (await start(0));
        throw new ConfigError('CONFIG_FIELD_INVALID', { where: '/api/port', detail: `port ${port} is in use`, cause: error });
      }
      await sleep(250);
    }
  }
}

/** An API that stopped in order took its address away: then any port is as good. */
function lastPort(plantDir: string): number {
  try {
    const { port } = JSON.parse(readFileSync(join(plantDir, 'run', 'api.json'), 'utf8')) as { port?: unknown };
    return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}

/** Where the API is: `<plantDir>/run/api.json`, whole or not there. */
function writeAddress(plantDir: string, port: number): string {
  const folder = join(plantDir, 'run');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'api.json');
  writeFileSync(`${file}.new`, JSON.stringify({ url: `http://${HOST}:${port}`, port, pid: process.pid }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}

function processCheck(plant: RunningPlant, name: string): ReadinessCheck {
  return async () => {
    if (!isProcessReady(plant, name)) throw away(name);
  };
}

/** A process of the plant says that it is ready by a file with its number; one that was killed leaves the file behind. */
function isProcessReady(plant: RunningPlant, name: string): boolean {
  try {
    return isAlive(Number(readFileSync(readyFile(plant.plantDir, name), 'utf8')));
  } catch {
    return false;
  }
}
