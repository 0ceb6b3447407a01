import { readdirSync, readlinkSync } from 'node:fs';

import { isRoot } from './folders.ts';
import { PlantError } from './plant-error.ts';
import { readIfThere } from './process-identity.ts';
import { supervise, type Supervised, type SupervisorDeps } from './supervisor.ts';

/** A mount and network namespace of the plant's own, in which pcscd and the virtual cards live. */
export interface PlantNamespace {
  /** Keeps the namespace alive. */
  readonly service: Supervised;
  /** Argv that runs a command inside. It execs: the pid is that of the command. */
  readonly enter: (command: string, args: readonly string[]) => readonly string[];
  /** The same, as a prefix to put in front of an argv. */
  readonly prefix: () => readonly string[];
}

/**
 * Makes a namespace in which `/run/pcscd` is the folder `ipcDir` of the host: pcscd's socket path is compiled in, but clients take it from
 * `PCSCLITE_CSOCK_NAME`, so that they stay outside and reach it at `ipcDir/pcscd.comm`.
 *
 * It has a loopback of its own (vpcd's ports can clash with nothing, and nobody else can plug a card in), whose route acknowledges
 * every packet at once: vpcd 3.3 sends each APDU in two small packets, and waits out a delayed acknowledgement of 40 ms otherwise.
 *
 * Root makes it directly; an ordinary user inside a user namespace of its own.
 * @throws PlantError `NAMESPACE_REFUSED` where the system allows neither; `PROGRAM_MISSING` without `unshare` or `ip`.
 */
export async function startNamespace(deps: SupervisorDeps, ipcDir: string): Promise<PlantNamespace> {
  let known: NamespaceId | undefined;
  const fresh = [
    'unshare',
    ...(isRoot() ? [] : ['--user', '--map-root-user']),
    '--mount',
    '--net',
    '--propagation',
    'private',
    'sh',
    '-ec',
    SET_UP,
    'sh',
    ipcDir,
  ];
  const service = await supervise(deps, {
    name: 'namespace',
    command: 'sleep',
    args: ['infinity'],
    // A namespace lives as long as one process in it: a new holder joins the old one while pcscd or a virtual card keeps it.
    enter: () => {
      const member = known === undefined ? undefined : memberOf(known);
      return member === undefined ? fresh : enterPid(member);
    },
    stopSignal: 'SIGKILL',
    stopDeadlineMs: 2_000,
    readyDeadlineMs: 10_000,
    // The chain of programs ends in `sleep`: by then every mount and route is made.
    probe: (pid) => {
      if (readIfThere(`/proc/${pid}/comm`)?.trim() !== 'sleep') return Promise.reject(new Error('not in its namespace yet'));
      known = idOf(pid);
      return Promise.resolve();
    },
  }).catch((error: unknown) => {
    if (error instanceof PlantError && error.code === 'SERVICE_EXITED') {
      throw new PlantError('NAMESPACE_REFUSED', {
        where: 'pcscd',
        ...(error.detail === undefined ? {} : { detail: error.detail }),
        cause: error,
      });
    }
    throw error;
  });
  const prefix = (): readonly string[] => {
    const pid = service.pid() ?? (known === undefined ? undefined : memberOf(known));
    if (pid === undefined) throw new PlantError('SERVICE_EXITED', { where: 'namespace' });
    return enterPid(pid);
  };
  return { service, prefix, enter: (command, args) => [...prefix(), command, ...args] };
}

/** `$1` is the folder shown as /run/pcscd, the rest the program to become. A host without /run/pcscd gets one under a /run of this namespace. */
const SET_UP = `
ipc=$1; shift
PATH=$PATH:/usr/sbin:/sbin
if [ ! -d /run/pcscd ]; then
  mount --bind "$ipc" /mnt
  mount -t tmpfs -o size=64k,mode=755 tmpfs /run
  mkdir /run/pcscd
  mount --move /mnt /run/pcscd
else
  mount --bind "$ipc" /run/pcscd
fi
ip link set lo up
ip route replace local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1
ip route replace local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1
exec "$@"
`;

/** setns(2) into a mount namespace moves a process to `/`: `--wdns` brings it back, so that relative paths and modules are found. */
function enterPid(pid: number): string[] {
  return [
    'nsenter',
    `--target=${pid}`,
    ...(isRoot() ? [] : ['--user', '--preserve-credentials']),
    '--mount',
    '--net',
    `--wdns=${process.cwd()}`,
    '--',
  ];
}

interface NamespaceId {
  readonly net: string;
  readonly mnt: string;
}

function idOf(pid: number): NamespaceId | undefined {
  try {
    return { net: readlinkSync(`/proc/${pid}/ns/net`), mnt: readlinkSync(`/proc/${pid}/ns/mnt`) };
  } catch {
    return undefined;
  }
}

function memberOf(id: NamespaceId): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const found = idOf(Number(name));
    if (found?.net === id.net && found.mnt === id.mnt) return Number(name);
  }
  return undefined;
}
