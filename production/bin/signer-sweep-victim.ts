import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { channelToChild, serveHsm, type Hsm } from '#pki/hsm';
import type { SweepOrder } from './signer-sweep.ts';

/** One life of the signer under the sweep. */
export interface Victim {
  /** Resolves when it has obeyed. */
  tell(order: SweepOrder): Promise<void>;
  kill(): void;
  readonly ended: Promise<void>;
}

/** Starts it and has it serve; its token is in this process, and survives it. */
export async function startVictim(hsm: Hsm, program: readonly string[] = builtProgram(), order: SweepOrder): Promise<Victim> {
  // The kernel ends it when we die.
  const child = spawn('setpriv', ['--pdeathsig=KILL', '--', process.execPath, ...program], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  serveHsm(hsm, channelToChild(child));
  const waiting: (() => void)[] = [];
  if (child.stdout === null || child.stdin === null) throw new Error('a child without its pipes');
  createInterface({ input: child.stdout }).on('line', () => waiting.shift()?.());
  const { stdin } = child;
  // What it cannot read any more is told by `ended`.
  stdin.on('error', () => undefined);
  const victim: Victim = {
    tell: (next) =>
      new Promise((resolve, reject) => {
        waiting.push(resolve);
        void ended.then(() => reject(new Error('the signer under the sweep ended unasked')));
        stdin.write(`${JSON.stringify(next)}\n`);
      }),
    kill: () => void child.kill('SIGKILL'),
    ended,
  };
  await victim.tell(order);
  return victim;
}

function builtProgram(): readonly string[] {
  return ['--disable-proto=delete', fileURLToPath(new URL('signer-sweep-process.js', import.meta.url))];
}
