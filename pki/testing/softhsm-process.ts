import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { channelToChild, hostedHsm, type HostChannel, type HostedHsm } from '#pki/hsm';
import { softHsmHome, type SoftHsmToken } from './softhsm-token.ts';

/** What goes wrong beneath the product's classes, in the process that holds the token; carried out before the next call is read. */
export type Provocation =
  /** By another user of the same library in that process. */
  | { readonly provoke: 'close-all-sessions' | 'log-out' | 'finalise' }
  /** The function of PKCS#11 answers this the next so many times, without being reached. */
  | { readonly provoke: 'return'; readonly from: string; readonly returnValue: number; readonly times: number }
  /** The token signs, and its process is gone before it can say so. */
  | { readonly provoke: 'die-after-signing' };

export interface SoftHsmProcess {
  readonly start: () => HostChannel;
  /** The process that was started last. */
  child(): ChildProcess;
  provoke(provocation: Provocation): void;
  /** How often the functions with this name were called, at the boundary of the library, by all its processes together. */
  called(name: 'C_Login' | 'C_SignAsync'): number;
}

/** Processes with the real library, one after another, for `hostedHsm`. */
export function softHsmProcess(token: SoftHsmToken): SoftHsmProcess {
  const log = join(token.folder, 'calls.log');
  const children: ChildProcess[] = [];
  const child = () => {
    const last = children.at(-1);
    if (last === undefined) throw new Error('no process was started');
    return last;
  };
  return {
    start: () => {
      const started = fork(join(import.meta.dirname, 'token-process.ts'), [token.label, log], {
        serialization: 'advanced',
        execArgv: ['--conditions=source', '--import', 'tsx'],
        env: { ...process.env, SOFTHSM2_CONF: token.configuration },
      });
      children.push(started);
      return channelToChild(started);
    },
    child,
    provoke: (provocation) => {
      child().send(provocation);
    },
    called: (name) => linesOf(log).filter((line) => line === name).length,
  };
}

/** Tokens in homes and processes of their own, open, as a plant has them; `remove` ends them. */
export async function softHsmTokens<Name extends string>(...names: readonly Name[]) {
  const opened = await Promise.all(
    names.map(async (name) => {
      const token = softHsmHome(name);
      const hsm: HostedHsm = hostedHsm({ start: softHsmProcess(token).start, deadlineMs: 10_000 });
      await hsm.open(token.pin);
      return [name, { token, hsm }] as const;
    }),
  );
  return {
    tokens: Object.fromEntries(opened) as Readonly<Record<Name, { readonly token: SoftHsmToken; readonly hsm: HostedHsm }>>,
    remove: async () => {
      for (const [, { hsm, token }] of opened) {
        await hsm.close();
        token.remove();
      }
    },
  };
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
