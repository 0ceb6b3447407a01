import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { leftovers } from './leftovers.ts';
import { checkReaders } from './pcscd.ts';
import { askReaders } from './pcscd-protocol.ts';
import { startPlant, type Plant } from './plant.ts';
import { pingRedis } from './redis.ts';
import { type PlantEvent } from './supervisor.ts';

const asRoot = process.getuid?.() === 0;

let base: string;
let plant: Plant | undefined;
let holder: ChildProcess | undefined;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'cm-plant-'));
  await chmod(base, 0o711);
});

afterEach(async () => {
  await plant?.stop();
  plant = undefined;
  holder?.kill('SIGKILL');
  holder = undefined;
  await until(() => leftovers(join(base, 'plant')).length === 0);
  await rm(base, { recursive: true, force: true });
});

describe('the embedded plant', () => {
  it('starts what answers, brings back what is killed, and leaves no process behind', async () => {
    const events: PlantEvent[] = [];
    const plantDir = join(base, 'plant');
    plant = await startPlant({ plantDir, onEvent: (event) => events.push(event) });
    await expectAnswers(plant);
    expect(plant.pcscd.seats.map((seat) => seat.place)).toEqual(['encode:1', 'encode:2', 'encode:3', 'encode:4', 'inspect:1', 'inspect:2']);
    expect(plant.processes().map((service) => service.name)).toEqual(expect.arrayContaining(['postgres', 'redis', 'namespace', 'pcscd']));

    for (const service of plant.processes()) {
      const pid = service.pid();
      if (pid === undefined) throw new Error(`${service.name} is down`);
      process.kill(pid, 'SIGKILL');
      await until(() => service.pid() !== pid);
      await service.whenReady();
      expect(events).toContainEqual({ kind: 'exited', service: service.name, pid, code: null, signal: 'SIGKILL' });
    }
    await expectAnswers(plant);

    expect(leftovers(plantDir).length).toBeGreaterThan(3);
    await plant.stop();
    expect(leftovers(plantDir)).toEqual([]);
  });

  it('keeps its secrets to itself: folder 0700, files 0600, and no PIN in an argument', async () => {
    const plantDir = join(base, 'plant');
    plant = await startPlant({ plantDir });
    expect((await stat(join(plantDir, 'secrets'))).mode & 0o777).toBe(0o700);
    for (const file of [...plant.tokens.map(({ pinFile }) => pinFile), plant.postgres.passwordFile]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const secret = await readFile(file, 'utf8');
      expect(spawnSync('grep', ['-rlaF', secret, plantDir, '--exclude-dir=secrets'], { encoding: 'utf8' }).stdout).toBe('');
    }
  });

  it('finds its data again at the next start, token and rows alike', async () => {
    const plantDir = join(base, 'plant');
    plant = await startPlant({ plantDir });
    await sql(plant, `create table kept as select 'Đặng Thị Ỷ' as name`);
    const pins = await pinsOf(plant);
    await plant.stop();
    plant = await startPlant({ plantDir });
    expect(await sql(plant, 'select name from kept')).toEqual([{ name: 'Đặng Thị Ỷ' }]);
    expect(await pinsOf(plant)).toEqual(pins);
  });

  it('refuses a second run in the same folder (PLANT_IN_USE)', async () => {
    const plantDir = join(base, 'plant');
    plant = await startPlant({ plantDir });
    await expect(startPlant({ plantDir })).rejects.toMatchObject({ code: 'PLANT_IN_USE', detail: `pid ${process.pid}` });
    await expectAnswers(plant);
  });

  it('ends with the process that watches it, even by kill -9, and starts again on what was committed', async () => {
    const plantDir = join(base, 'plant');
    holder = await holdPlant(plantDir);
    const before = leftovers(plantDir);
    expect(before.length).toBeGreaterThan(3);
    holder.kill('SIGKILL');
    // At once: while the old services are still going down, the new run has to wait for them and not fail.
    await until(() => holder?.signalCode === 'SIGKILL');
    plant = await startPlant({ plantDir });
    await expectAnswers(plant);
    const now = new Set(leftovers(plantDir).map((one) => one.pid));
    expect(before.filter((one) => now.has(one.pid))).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('stops cleanly on %s', async (signal) => {
    const plantDir = join(base, 'plant');
    holder = await holdPlant(plantDir);
    const ended = new Promise((resolve) => holder?.once('exit', resolve));
    holder.kill(signal);
    await ended;
    expect(leftovers(plantDir)).toEqual([]);
    expect(await readFile(join(plantDir, 'logs', 'postgres.log'), 'utf8')).toContain('database system is shut down');
  });

  it('ends a process of an earlier run that the kernel did not end', async () => {
    const plantDir = join(base, 'plant');
    const stray = spawn('sleep', ['600'], { env: { ...process.env, CARDMINT_PLANT: plantDir }, stdio: 'ignore' });
    const ended = new Promise((resolve) => stray.once('exit', (_code, signal) => resolve(signal)));
    plant = await startPlant({ plantDir });
    expect(await ended).toBe('SIGTERM');
  });

  it.runIf(asRoot)('works in a clone that the user postgres cannot enter (/root is 0700)', async () => {
    await chmod(base, 0o700);
    plant = await startPlant({ plantDir: join(base, 'plant') });
    await expectAnswers(plant);
    await sql(plant, 'create table t (id int)');
    await plant.stop();
    plant = await startPlant({ plantDir: join(base, 'plant') });
    expect(await sql(plant, 'select * from t')).toEqual([]);
  });

  it('is not stopped by a postmaster.pid whose number now belongs to another process', async () => {
    const plantDir = join(base, 'plant');
    plant = await startPlant({ plantDir });
    await plant.stop();
    await writeFile(join(plantDir, 'postgres', 'data', 'postmaster.pid'), `${process.pid}\n`);
    plant = await startPlant({ plantDir });
    await expectAnswers(plant);
  });

  it('is not stopped by the lock files of a server that was killed and that nobody reaps', async () => {
    const plantDir = join(base, 'plant');
    plant = await startPlant({ plantDir });
    await plant.stop();
    // As under an init that reaps late or never: a dead child of a process that does not wait for it, with the server's name and user.
    const drop = asRoot ? 'setpriv --reuid=postgres --regid=postgres --clear-groups' : '';
    const script = `ln -s "$(command -v sleep)" "$1/postgres"; cd /; ${drop} "$1/postgres" 0 & echo $!; exec sleep 600`;
    const parent = spawn('sh', ['-c', script, 'sh', base], { stdio: ['ignore', 'pipe', 'inherit'] });
    holder = parent;
    const pid = Number(await new Promise<Buffer>((resolve) => parent.stdout.once('data', resolve)));
    await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes('(postgres) Z'));
    await writeFile(join(plantDir, 'postgres', 'data', 'postmaster.pid'), `${pid}\n`);
    await writeFile(join(plant.postgres.host, '.s.PGSQL.5432.lock'), `${pid}\n`);
    plant = await startPlant({ plantDir });
    await expectAnswers(plant);
  });

  it('starts what the last run left half made: an initdb that was interrupted', async () => {
    const plantDir = join(base, 'plant');
    await mkdir(join(plantDir, 'postgres', 'data.new', 'base'), { recursive: true });
    await writeFile(join(plantDir, 'postgres', 'data.new', 'PG_VERSION'), '15\n');
    plant = await startPlant({ plantDir });
    await expectAnswers(plant);
  });

  it('keeps a process of Cardmint running beside the services, with the way to them in its environment', async () => {
    plant = await startPlant({ plantDir: join(base, 'plant') });
    const seen = join(base, 'seen');
    const service = await plant.supervise({
      name: 'api',
      command: 'sh',
      args: ['-c', 'env > "$1" && exec sleep 600', 'sh', seen],
      stopSignal: 'SIGTERM',
      stopDeadlineMs: 1_000,
      readyDeadlineMs: 10_000,
      probe: () => stat(seen).then(() => undefined),
    });
    const environment = await readFile(seen, 'utf8');
    for (const [name, value] of Object.entries(plant.environment)) expect(environment).toContain(`${name}=${value}\n`);
    const pid = service.pid() ?? 0;
    await plant.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('works at a path longer than a unix socket can have (107 bytes)', async () => {
    const plantDir = join(base, 'n'.repeat(120), 'plant');
    plant = await startPlant({ plantDir });
    await expectAnswers(plant);
  });
});

describe('what is missing is named', () => {
  it('refuses a full disk before it starts anything (DISK_FULL)', async (context) => {
    const small = join(base, 'small');
    await mkdir(small);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=711', 'tmpfs', small]).status !== 0)
      context.skip('mount is not allowed here');
    try {
      await expect(startPlant({ plantDir: join(small, 'plant') })).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(leftovers(join(small, 'plant'))).toEqual([]);
    } finally {
      spawnSync('umount', [small]);
    }
  });

  it('names your PostgreSQL, Redis, pcscd or token when it does not answer, and starts nothing in its place', async () => {
    const nowhere = join(base, 'nowhere');
    const passwordFile = join(base, 'password');
    await writeFile(passwordFile, 'x');
    const seat = { place: 'encode:1', readerName: 'Other 00 00', port: 1 } as const;
    const cases = [
      ['postgres', { postgres: { host: nowhere, port: 5432, user: 'u', database: 'd', passwordFile } }],
      ['redis', { redis: { path: nowhere } }],
      ['pcscd', { pcscd: { csockName: nowhere, seats: [seat] } }],
      ['token', { tokens: [{ name: 'a', module: nowhere, tokenLabel: 't', pinFile: passwordFile }] }],
    ] as const;
    for (const [where, part] of cases) {
      await expect(startPlant({ plantDir: join(base, 'plant'), ...part })).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', where });
      expect(leftovers(join(base, 'plant'))).toEqual([]);
    }
  });

  it('uses your pcscd without touching it', async () => {
    plant = await startPlant({ plantDir: join(base, 'plant') });
    const [first] = plant.pcscd.seats;
    if (first === undefined) throw new Error('no seat');
    const { csockName } = plant.pcscd;
    const second = await startPlant({ plantDir: join(base, 'second'), pcscd: { csockName, seats: [first] } });
    expect(second.pcscd.enterNetwork('true', [])).toEqual(['true']);
    expect(second.processes().map((service) => service.name)).not.toContain('pcscd');
    await second.stop();
    await expect(askReaders(csockName)).resolves.toHaveLength(6);
  });

  it('makes no token anew that holds a key: it starts with the other one, and with none at all it refuses (TOKEN_DAMAGED)', async () => {
    const plantDir = join(base, 'plant');
    plant = await startPlant({ plantDir });
    await plant.stop();
    const spoil = async (index: number): Promise<void> => {
      const { name, pinFile } = plant?.tokens[index] ?? { name: '', pinFile: '' };
      const tokens = join(plantDir, 'softhsm', name, 'tokens');
      const [token = ''] = spawnSync('ls', [tokens], { encoding: 'utf8' }).stdout.trim().split('\n');
      await writeFile(join(tokens, token, 'a-key.object'), 'not empty');
      await rm(pinFile);
    };
    await spoil(0);
    plant = await startPlant({ plantDir });
    expect(plant.tokens.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(existsSync(plant.tokens[0]?.pinFile ?? '')).toBe(false);
    await plant.stop();
    await spoil(1);
    await expect(startPlant({ plantDir })).rejects.toMatchObject({ code: 'TOKEN_DAMAGED' });
    expect(leftovers(plantDir)).toEqual([]);
  });

  it('makes a token again whose making was interrupted before there was a key', async () => {
    const plantDir = join(base, 'plant');
    plant = await startPlant({ plantDir });
    await plant.stop();
    await writeFile(plant.tokens[0]?.pinFile ?? '', 'another pin, as if the token had been made without one');
    plant = await startPlant({ plantDir });
    await expectAnswers(plant);
  });
});

async function expectAnswers(running: Plant): Promise<void> {
  expect(await sql(running, `select current_setting('fsync') as fsync, current_setting('listen_addresses') as tcp`)).toEqual([
    { fsync: 'on', tcp: '' },
  ]);
  await expect(pingRedis(running.redis)).resolves.toBeUndefined();
  await expect(checkReaders(running.pcscd.csockName, running.pcscd.seats)).resolves.toBeUndefined();
}

function pinsOf(running: Plant): Promise<string[]> {
  return Promise.all(running.tokens.map(({ pinFile }) => readFile(pinFile, 'utf8')));
}

async function sql(running: Plant, text: string): Promise<unknown[]> {
  const { passwordFile, ...login } = running.postgres;
  const client = new Client({ ...login, password: await readFile(passwordFile, 'utf8') });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function holdPlant(plantDir: string): Promise<ChildProcess> {
  const fixture = fileURLToPath(new URL('plant.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', fixture, plantDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the holder ended: ${code}`)));
  });
  return child;
}

async function until(condition: () => boolean): Promise<void> {
  for (let looks = 0; !condition(); looks++) {
    if (looks > 3_000) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
