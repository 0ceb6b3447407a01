import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startPcscd, type PlantPcscd } from './pcscd.ts';
import { askReaders } from './pcscd-protocol.ts';

const run = promisify(execFile);
const NODE = ['--import', 'tsx', '--conditions=source'];
const COMMANDS = 100;

describe('virtual readers, with cards in them', () => {
  let plantDir: string;
  let pcscd: PlantPcscd;
  let cards: ChildProcess;

  beforeAll(async () => {
    plantDir = await mkdtemp(join(tmpdir(), 'cm-pcscd-'));
    pcscd = await startPcscd({ plantDir });
    const ports = pcscd.seats.map((seat) => String(seat.port));
    const [command = '', ...args] = pcscd.enterNetwork(process.execPath, [...NODE, fixture('card'), ...ports]);
    cards = spawn(command, args, { stdio: 'inherit' });
  });

  afterAll(async () => {
    cards?.kill('SIGKILL');
    for (const service of [...(pcscd?.services ?? [])].reverse()) await service.stop();
    await rm(plantDir, { recursive: true, force: true });
  });

  const inserted = async (): Promise<void> => {
    for (let looks = 0; looks < 500; looks++) {
      const readers = await askReaders(pcscd.csockName).catch(() => []);
      if (readers.length === pcscd.seats.length && readers.every((reader) => reader.cardPresent)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('the cards are not seen');
  };

  /** All readers at once, each in a process of its own: cards that are mixed up between entries show here. */
  const talk = async (): Promise<string[]> => {
    const env = { ...process.env, PCSCLITE_CSOCK_NAME: pcscd.csockName };
    const talks = pcscd.seats.map((seat) =>
      run(process.execPath, [...NODE, fixture('reader'), seat.readerName, String(COMMANDS)], { env }),
    );
    return (await Promise.all(talks)).map((talked, index) => `${pcscd.seats[index]?.place} ${talked.stdout.trim()} ms`);
  };

  it('each answers for its own card, through clients outside the namespace', async () => {
    await inserted();
    const medians = await talk();
    process.stdout.write(`median APDU round trip: ${medians.join(', ')}\n`);
    expect(medians).toHaveLength(6);
  });

  it('takes its cards back after a kill -9, and after the holder of the namespace is gone too', async () => {
    for (const service of [...pcscd.services].reverse()) {
      const pid = service.pid() ?? 0;
      process.kill(pid, 'SIGKILL');
      while (service.pid() === pid) await new Promise((resolve) => setTimeout(resolve, 5));
      await service.whenReady();
    }
    const last = pcscd.services.at(-1);
    const pid = last?.pid() ?? 0;
    process.kill(pid, 'SIGKILL');
    while (last?.pid() === pid) await new Promise((resolve) => setTimeout(resolve, 5));
    await last?.whenReady();
    await inserted();
    expect(await talk()).toHaveLength(6);
  });
});

function fixture(name: string): string {
  return fileURLToPath(new URL(`${name}.fixture.ts`, import.meta.url));
}
