import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** For `openChildReader`: the process of a reader from its source, as tests have no build. */
export const READER_PROGRAM: readonly string[] = [
  '--conditions=source',
  '--import',
  'tsx',
  fileURLToPath(new URL('../readers/reader-process.ts', import.meta.url)),
];

const VPCD = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';

/** One entry of reader.conf: a virtual reader of two slots, the second one port higher. */
export interface TestEntry {
  readonly name: string;
  readonly port: number;
}

export interface TestPcscd {
  readonly entries: readonly TestEntry[];
  /** Reader name and port of each slot, as first laid. */
  readonly slots: readonly { readonly name: string; readonly port: number }[];
  /** Writes reader.conf anew, for the next start: other names at the same ports, or another order. */
  readonly lay: (entries: readonly TestEntry[]) => void;
  /** Kills pcscd without a word, and starts it again on the same ports and socket. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * A pcscd of the test's own with virtual readers of two slots each, in a private mount namespace, on free ports. Clients in
 * this process find it by PCSCLITE_CSOCK_NAME, which is set here.
 */
export async function startTestPcscd(entries = 1): Promise<TestPcscd> {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-pcscd-'));
  const ipc = join(folder, 'ipc');
  const conf = join(folder, 'conf');
  mkdirSync(ipc);
  mkdirSync(conf);
  const laid: TestEntry[] = [];
  for (let entry = 0; entry < entries; entry += 1) {
    const port = await freePortPair(laid);
    laid.push({ name: `Cardmint Test ${String.fromCharCode(65 + entry)}`, port });
    // vpcd keeps its cards in a table indexed by slot alone: two entries on one library mix them up.
    copyFileSync(realpathSync(VPCD), join(folder, `libifdvpcd-${port}.so`));
  }
  const lay = (wanted: readonly TestEntry[]): void => {
    const blocks = wanted.map(({ name, port }) => {
      const id = `0x${port.toString(16).toUpperCase()}`;
      return `FRIENDLYNAME "${name}"\nDEVICENAME /dev/null:${id}\nLIBPATH ${join(folder, `libifdvpcd-${port}.so`)}\nCHANNELID ${id}\n`;
    });
    writeFileSync(join(conf, 'vpcd'), blocks.join('\n'));
  };
  lay(laid);
  process.env['PCSCLITE_CSOCK_NAME'] = join(ipc, 'pcscd.comm');
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    rmSync(join(ipc, 'pcscd.comm'), { force: true });
    rmSync(join(ipc, 'pcscd.pid'), { force: true });
    const script = 'mkdir -p /run/pcscd && mount --bind "$1" /run/pcscd && exec pcscd --foreground --config "$2" --max-thread 1000';
    child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', script, 'sh', ipc, conf], { stdio: 'ignore' });
    for (let tries = 0; !existsSync(join(ipc, 'pcscd.comm')); tries += 1) {
      if (tries > 200) throw new Error('the test pcscd did not start');
      await sleep(25);
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const exited = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill(signal);
    await exited;
  };
  await start();
  return {
    entries: laid,
    slots: laid.flatMap(({ name, port }) => [
      { name: `${name} 00 00`, port },
      { name: `${name} 00 01`, port: port + 1 },
    ]),
    lay,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Two ports in a row that nobody listens on: vpcd takes CHANNELID and the next one. */
async function freePortPair(taken: readonly TestEntry[]): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = 36_000 + Math.floor(Math.random() * 12_000) * 2;
    if (taken.every((entry) => entry.port !== port) && (await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('no two free ports in a row');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
