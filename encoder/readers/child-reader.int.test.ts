import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VirtualSlot } from '#encoder/virtual-card';
import { openChildReader, type ChildReaderOptions } from './child-reader.ts';
import { EchoCard, readerConformance } from './reader.conformance.ts';
import type { Reader } from './reader.ts';
import { READER_PROGRAM, startTestPcscd, type TestPcscd } from '#encoder/testing';

let pcscd: TestPcscd;
beforeAll(async () => {
  pcscd = await startTestPcscd();
});
afterAll(() => pcscd.stop());

function place(index: number): { readonly name: string; readonly port: number } {
  const slot = pcscd.slots[index];
  if (slot === undefined) throw new Error('no such slot');
  return slot;
}

const open = (name: string, options: ChildReaderOptions = {}): Promise<Reader> =>
  openChildReader(name, { program: READER_PROGRAM, ...options });

readerConformance('a process of its own', async () => {
  const { name, port } = place(0);
  const slot = new VirtualSlot({ port });
  const reader = await open(name, { connectDeadlineMs: 1500 });
  return {
    reader,
    insert: (card) => slot.insert(card),
    remove: () => slot.remove(),
    dispose: async () => {
      await slot.remove();
      await reader.close();
    },
  };
});

const COMMAND = Uint8Array.of(0x00, 0xb0, 0x00, 0x00, 0x00);
const NEVER = new Promise<void>(() => {});

/** Process ids of the children of this test that hold a reader, by what the kernel says. */
function processesOf(name: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return parent === process.pid && words.includes(name) ? [pid] : [];
    } catch {
      return [];
    }
  });
}

describe('the process of a reader', () => {
  const cases: readonly (readonly [string, (pid: number) => void, string])[] = [
    ['killed', (pid) => process.kill(pid, 'SIGKILL'), 'READER_GONE'],
    ['aborted, as the addon does', (pid) => process.kill(pid, 'SIGABRT'), 'READER_GONE'],
    ['stopped, as with a frozen event loop', (pid) => process.kill(pid, 'SIGSTOP'), 'DEADLINE'],
  ];
  it.each(cases)(
    '%s during a command: the outcome is unknown, and the same reader goes on with another process',
    async (_how, harm, code) => {
      const { name, port } = place(1);
      const slot = new VirtualSlot({ port });
      const card = new EchoCard();
      await slot.insert(card);
      const reader = await open(name, { commandDeadlineMs: 1000 });
      try {
        const connection = await reader.connect();
        const [first] = processesOf(name);
        if (first === undefined) throw new Error('no process holds the reader');
        let release = (): void => {};
        card.hold = new Promise((resolve) => (release = resolve));
        const refused = expect(connection.transmit(COMMAND)).rejects.toMatchObject({ name: 'ReaderError', code });
        await new Promise((resolve) => setTimeout(resolve, 50));
        harm(first);
        await refused;
        await expect(connection.transmit(COMMAND)).rejects.toMatchObject({ code });
        await connection.disconnect('unpower');
        release();
        card.hold = Promise.resolve();
        const next = await reader.connect();
        expect((await next.transmit(COMMAND)).length).toBe(COMMAND.length);
        const [second, ...others] = processesOf(name);
        expect(second).not.toBe(first);
        expect(others).toEqual([]);
      } finally {
        await slot.remove();
        await reader.close();
      }
      expect(processesOf(name)).toEqual([]);
    },
  );

  it('a card that never answers: DEADLINE; once it is taken out and another is in, the seat works', async () => {
    const { name, port } = place(1);
    const slot = new VirtualSlot({ port });
    const dumb = new EchoCard();
    await slot.insert(dumb);
    const reader = await open(name, { commandDeadlineMs: 300 });
    try {
      const connection = await reader.connect();
      dumb.hold = NEVER;
      await expect(connection.transmit(COMMAND)).rejects.toMatchObject({ code: 'DEADLINE' });
      await slot.remove();
      await slot.insert(new EchoCard());
      const next = await reader.connect();
      expect((await next.transmit(COMMAND)).length).toBe(COMMAND.length);
    } finally {
      await slot.remove();
      await reader.close();
    }
  });

  it('ends with its owner, even when it is frozen', async () => {
    const { name } = place(1);
    const script = `
      import { openChildReader } from '#encoder/readers';
      await openChildReader(${JSON.stringify(name)}, { program: ${JSON.stringify(READER_PROGRAM)} });
      const { readdirSync, readFileSync } = await import('node:fs');
      const pid = readdirSync('/proc').find((entry) => { try {
        return entry !== String(process.pid) && readFileSync('/proc/' + entry + '/cmdline', 'utf8').includes('reader-process.ts\\0' + ${JSON.stringify(name)});
      } catch { return false; } });
      process.kill(Number(pid), 'SIGSTOP');
      process.stdout.write(pid, () => process.kill(process.pid, 'SIGKILL'));`;
    let said = '';
    try {
      execFileSync(process.execPath, ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', script]);
    } catch (error) {
      said = String((error as { stdout: Buffer }).stdout);
    }
    expect(Number(said)).toBeGreaterThan(1);
    await expect.poll(() => isAlive(said), { timeout: 10_000 }).toBe(false);
  });

  it('cannot be had for a reader that is not there, nor without a service', async () => {
    await expect(open('No Such Reader 00 00', { openDeadlineMs: 300 })).rejects.toMatchObject({ code: 'READER_GONE' });
    expect(processesOf('No Such Reader 00 00')).toEqual([]);
    await expect(open(place(1).name, { program: ['-e', 'process.exit(3)'] })).rejects.toMatchObject({
      code: 'READER_GONE',
      detail: 'its process ended: exit 3',
    });
  });
});

/** A dead process that nobody has reaped yet is not alive. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
