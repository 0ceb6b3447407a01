import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { identify, isRunning, parseIdentity } from './process-identity.ts';
import { backOffMs, keptCommand, supervise, type PlantEvent, type ProcessSpec, type Supervised } from './supervisor.ts';

const SPEC: ProcessSpec = {
  name: 'sleeper',
  command: 'sleep',
  args: ['600'],
  stopSignal: 'SIGTERM',
  stopDeadlineMs: 2_000,
  readyDeadlineMs: 5_000,
  probe: () => Promise.resolve(),
};

describe('a process that is kept running', () => {
  let plantDir: string;
  let service: Supervised | undefined;
  const events: PlantEvent[] = [];
  const start = async (spec: Partial<ProcessSpec>): Promise<Supervised> => {
    service = await supervise({ plantDir, onEvent: (event) => events.push(event) }, { ...SPEC, ...spec });
    return service;
  };

  beforeEach(() => {
    plantDir = mkdtempSync(join(tmpdir(), 'cm-supervisor-'));
    events.length = 0;
  });

  afterEach(async () => {
    await service?.stop();
    service = undefined;
    // A child that was killed in the middle of a system call may still have made its file.
    rmSync(plantDir, { recursive: true, force: true, maxRetries: 10 });
  });

  it('sets the parent-death signal after every change of credentials and namespace (prctl(2) clears it there)', () => {
    const argv = keptCommand({ ...SPEC, enter: ['nsenter', '--target=7', '--'], user: { uid: 101, gid: 104 } });
    const drop = '--reuid=101 --regid=104 --init-groups --no-new-privs --pdeathsig=TERM';
    expect(argv.join(' ')).toBe(`nsenter --target=7 -- setpriv ${drop} -- sleep 600`);
  });

  it('waits longer after each failure, up to a ceiling', () => {
    expect([0, 1, 2, 3].map(backOffMs)).toEqual([100, 200, 400, 800]);
    expect([7, 50, 1_000].map(backOffMs)).toEqual([10_000, 10_000, 10_000]);
  });

  it('names the program that is not installed (PROGRAM_MISSING)', async () => {
    await expect(start({ command: 'no-such-program', probe: () => Promise.reject(new Error('silent')) })).rejects.toMatchObject({
      code: 'PROGRAM_MISSING',
      detail: 'no-such-program',
    });
  });

  it('names a service that ends while it starts, its status and its log (SERVICE_EXITED)', async () => {
    const failing = start({ command: 'sh', args: ['-c', 'exit 3'], probe: () => Promise.reject(new Error('silent')) });
    await expect(failing).rejects.toMatchObject({
      code: 'SERVICE_EXITED',
      where: 'sleeper',
      detail: `exit 3; ${plantDir}/logs/sleeper.log`,
    });
  });

  it('passes on the last words of a process that is told to keep its output apart', async () => {
    const args = ['-c', 'echo early; echo "worker: DATABASE_UNREACHABLE: PostgreSQL cannot be reached" >&2; exit 1'];
    const failing = start({ command: 'sh', args, output: 'sleeper.output', probe: () => Promise.reject(new Error('silent')) });
    await expect(failing).rejects.toMatchObject({
      code: 'SERVICE_EXITED',
      detail: `exit 1; worker: DATABASE_UNREACHABLE: PostgreSQL cannot be reached; ${plantDir}/logs/sleeper.output.log`,
    });
  });

  it('says that the disk is full when the service said so (DISK_FULL)', async () => {
    const args = ['-c', 'echo "could not write: No space left on device" >&2; exit 1'];
    await expect(start({ command: 'sh', args, probe: () => Promise.reject(new Error('silent')) })).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
  });

  it('ends a service that runs and never answers (SERVICE_NOT_READY)', async () => {
    await expect(start({ readyDeadlineMs: 100, probe: () => Promise.reject(new Error('silent')) })).rejects.toMatchObject({
      code: 'SERVICE_NOT_READY',
    });
    const started = events.find((event) => event.kind === 'started');
    expect(started?.kind === 'started' && identify(started.pid)).toBeUndefined();
  });

  it('kills a process that falls silent without ending, with its children, and starts it again', async () => {
    const { readFile, stat } = await import('node:fs/promises');
    const beat = join(plantDir, 'beat');
    const mtime = async (): Promise<number> => (await stat(beat)).mtimeMs;
    const kept = await start({
      command: 'sh',
      args: ['-c', 'sleep 600 & echo $! >"$1.child"; while :; do touch "$1"; sleep 0.02; done', 'sh', beat],
      probe: () => mtime().then(() => undefined),
      heartbeat: { read: mtime, everyMs: 100, looksMax: 5 },
    });
    const first = kept.pid() ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(kept.pid()).toBe(first);
    const child = identify(Number(await readFile(`${beat}.child`, 'utf8')));
    if (child === undefined) throw new Error('the process has no child');
    process.kill(first, 'SIGSTOP');
    await expect.poll(() => events.filter((event) => event.kind === 'ready').length, { timeout: 10_000 }).toBe(2);
    expect(events).toContainEqual({ kind: 'silent', service: 'sleeper', pid: first });
    expect(events).toContainEqual({ kind: 'exited', service: 'sleeper', pid: first, code: null, signal: 'SIGKILL' });
    expect(kept.pid()).not.toBe(first);
    expect(isRunning(child)).toBe(false);
  });

  it('kills a service that does not stop when asked', async () => {
    // The probe waits until the trap is set: `sleep` is there only afterwards.
    const args = ['-c', `trap '' TERM; touch "$1"; while :; do sleep 1; done`, 'sh', join(plantDir, 'trapped')];
    const { stat } = await import('node:fs/promises');
    const stubborn = await start({
      command: 'sh',
      args,
      stopDeadlineMs: 100,
      probe: () => stat(join(plantDir, 'trapped')).then(() => undefined),
    });
    const pid = stubborn.pid() ?? 0;
    await stubborn.stop();
    expect(identify(pid)).toBeUndefined();
    expect(events).toContainEqual({ kind: 'exited', service: 'sleeper', pid, code: null, signal: 'SIGKILL' });
  });

  it('leaves no child of a stopped service behind', async () => {
    const { readFile } = await import('node:fs/promises');
    const note = join(plantDir, 'child');
    const kept = await start({
      command: 'sh',
      args: ['-c', 'sleep 600 & echo $! >"$1"; wait', 'sh', note],
      probe: async () => {
        if ((await readFile(note, 'utf8')).trim() === '') throw new Error('no child yet');
      },
    });
    const child = identify(Number(await readFile(note, 'utf8')));
    if (child === undefined) throw new Error('the service has no child');
    await kept.stop();
    await expect.poll(() => isRunning(child)).toBe(false);
  });

  it('stops while it is waiting to restart, and starts nothing afterwards', async () => {
    const kept = await start({ command: 'sh', args: ['-c', 'sleep 0.05'] });
    while (!events.some((event) => event.kind === 'restarting' && event.inMs >= 400))
      await new Promise((resolve) => setTimeout(resolve, 10));
    await kept.stop();
    const starts = events.filter((event) => event.kind === 'started').length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(events.filter((event) => event.kind === 'started')).toHaveLength(starts);
    expect(kept.pid()).toBeUndefined();
  });

  it('gives a service no password or token of the person who started us', async () => {
    const { readFile } = await import('node:fs/promises');
    process.env['NPM_TOKEN'] = 'a secret';
    try {
      const kept = await start({ env: { EXTRA: '1' } });
      // Empty in the moment of an execve(2): setpriv(1) is about to become the program.
      const environ = async (): Promise<readonly string[]> => (await readFile(`/proc/${kept.pid()}/environ`, 'utf8')).split('\0');
      await expect.poll(environ).toContain('EXTRA=1');
      const environment = await environ();
      expect(environment).toContain('EXTRA=1');
      expect(environment).toContain(`CARDMINT_PLANT=${plantDir}`);
      expect(environment.join('\n')).not.toContain('a secret');
    } finally {
      delete process.env['NPM_TOKEN'];
    }
  });
});

describe('the identity of a process', () => {
  it('is not that of a later process with the same number', () => {
    const me = identify(process.pid);
    if (me === undefined) throw new Error('this process has no identity');
    expect(isRunning(me)).toBe(true);
    expect(isRunning({ ...me, startTicks: '1' })).toBe(false);
    expect(isRunning({ ...me, bootId: 'another boot' })).toBe(false);
    expect(parseIdentity(JSON.stringify(me))).toEqual(me);
  });

  it.each(['', '{', 'null', '{"pid":1,"startTicks":"1","bootId":"b"}', '{"pid":-5,"startTicks":"1","bootId":"b"}', '{"pid":7}'])(
    'is nothing when its record is torn or foreign: %s',
    (text) => {
      expect(parseIdentity(text)).toBeUndefined();
    },
  );
});
