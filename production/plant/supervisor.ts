import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, fstatSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { fallsSilent, type Heartbeat } from './heartbeat.ts';
import { PlantError } from './plant-error.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** The environment variable that every process of a plant carries: its value is the plant's folder. */
export const PLANT_VARIABLE = 'CARDMINT_PLANT';

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGKILL';

export interface ProcessSpec {
  /** Names the process in events, errors, its log file and its record, e.g. `postgres`. */
  readonly name: string;
  /** Names the file in `logs/` that its output goes to, without `.log`: the process's name, unless that file is the process's own. */
  readonly output?: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Argv put in front of everything, to enter namespaces; it must exec, not fork. Asked anew at each start when a function. */
  readonly enter?: readonly string[] | (() => readonly string[]);
  /** Drops to this user before the program starts. Needs root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Asks the program to end; also sent by the kernel when this process dies, so that nothing is left behind. */
  readonly stopSignal: StopSignal;
  readonly stopDeadlineMs: number;
  /** Runs before each start: removes a stale socket, makes a folder. */
  readonly prepare?: () => Promise<void>;
  /** Resolves when the service answers, rejects while it does not. Called again and again until `readyDeadlineMs`. */
  readonly probe: (pid: number) => Promise<void>;
  readonly readyDeadlineMs: number;
  /** Once it is ready: a process that falls silent is killed with its children, and started again. Without one only its end is noticed. */
  readonly heartbeat?: Heartbeat;
}

export type PlantEvent =
  | { readonly kind: 'started'; readonly service: string; readonly pid: number }
  | { readonly kind: 'ready'; readonly service: string; readonly pid: number; readonly afterMs: number }
  | {
      readonly kind: 'exited';
      readonly service: string;
      readonly pid: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | { readonly kind: 'silent'; readonly service: string; readonly pid: number }
  | { readonly kind: 'restarting'; readonly service: string; readonly inMs: number; readonly because: string }
  | { readonly kind: 'stopped'; readonly service: string };

export interface SupervisorDeps {
  /** The plant's folder: what a process prints goes to `logs/`, records of running processes to `processes/`. */
  readonly plantDir: string;
  readonly onEvent?: (event: PlantEvent) => void;
}

/** A process that is kept running until `stop`. */
export interface Supervised {
  readonly name: string;
  /** `undefined` while it is down between two starts, and after `stop`. */
  pid(): number | undefined;
  isReady(): boolean;
  /** Resolves at the next moment (or now) when the service answers; rejects when it is stopped. */
  whenReady(): Promise<void>;
  stop(): Promise<void>;
}

const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_MAX_MS = 10_000;
/** A service that answered for this long has earned a quick restart again. */
const STEADY_MS = 30_000;
const PROBE_INTERVAL_MS = 25;
const LAST_WORDS_CHARS_MAX = 400;

/** How long to wait before start number `failures + 1`, in milliseconds: doubling, with a ceiling. */
export function backOffMs(failures: number): number {
  return Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(failures, 10));
}

/**
 * Starts a process, waits until it answers, and restarts it with growing pauses whenever it ends, until `stop`.
 *
 * The process gets a session of its own, so that Ctrl-C at a terminal reaches only us and we stop services in order; and the kernel
 * sends it `stopSignal` when we die, however we die.
 *
 * @throws PlantError `PROGRAM_MISSING`, `SERVICE_EXITED`, `SERVICE_NOT_READY` or `DISK_FULL` when the first start fails.
 */
export async function supervise(deps: SupervisorDeps, spec: ProcessSpec): Promise<Supervised> {
  const keeper = new Keeper(deps, spec);
  await keeper.startFirst();
  return keeper;
}

class Keeper implements Supervised {
  readonly name: string;
  readonly #deps: SupervisorDeps;
  readonly #spec: ProcessSpec;
  readonly #logFile: string;
  readonly #recordFile: string;
  readonly #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  readonly #stopRequested = new AbortController();
  #child: ChildProcess | undefined;
  #ended: Promise<ExitReport> | undefined;
  #ready = false;
  #readySince = 0;
  #failures = 0;
  #watching: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(deps: SupervisorDeps, spec: ProcessSpec) {
    this.name = spec.name;
    this.#deps = deps;
    this.#spec = spec;
    this.#logFile = logFileOf(deps.plantDir, spec.output ?? spec.name);
    this.#recordFile = join(deps.plantDir, 'processes', `${spec.name}.json`);
    mkdirSync(dirname(this.#logFile), { recursive: true, mode: 0o700 });
    mkdirSync(dirname(this.#recordFile), { recursive: true, mode: 0o700 });
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  isReady(): boolean {
    return this.#ready;
  }

  whenReady(): Promise<void> {
    if (this.#ready) return Promise.resolve();
    if (this.#stopRequested.signal.aborted) return Promise.reject(this.#error('SERVICE_EXITED', 'stopped'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async startFirst(): Promise<void> {
    try {
      await this.#startOnce();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#watching = this.#watch();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopOnce();
    return this.#stopping;
  }

  async #startOnce(): Promise<void> {
    const spec = this.#spec;
    await spec.prepare?.();
    if (this.#stopRequested.signal.aborted) return;
    const began = performance.now();
    const logOffset = sizeOf(this.#logFile);
    const { child, ended } = spawnKept(spec, this.#deps.plantDir, this.#logFile);
    const life = new AbortController();
    this.#child = child;
    this.#ended = ended.then((report) => {
      life.abort();
      this.#child = undefined;
      this.#ready = false;
      rmSync(this.#recordFile, { force: true });
      if (child.pid !== undefined)
        this.#emit({ kind: 'exited', service: this.name, pid: child.pid, code: report.code, signal: report.signal });
      return report;
    });
    if (child.pid !== undefined) {
      const identity = identify(child.pid);
      if (identity !== undefined) writeFileSync(this.#recordFile, JSON.stringify(identity), { mode: 0o600 });
      this.#emit({ kind: 'started', service: this.name, pid: child.pid });
    }
    const outcome = await this.#answerOrEnd(child.pid ?? 0, this.#ended, began);
    if (outcome === 'ready' && child.pid !== undefined) {
      this.#ready = true;
      this.#readySince = performance.now();
      for (const waiter of this.#waiting.splice(0)) waiter.resolve();
      this.#emit({ kind: 'ready', service: this.name, pid: child.pid, afterMs: Math.round(performance.now() - began) });
      if (spec.heartbeat !== undefined) void this.#listen(spec.heartbeat, child.pid, life.signal);
      return;
    }
    if (outcome === 'late' || outcome === 'ready') {
      await this.#end(this.#stopRequested.signal.aborted ? spec.stopSignal : 'SIGKILL');
      throw this.#error('SERVICE_NOT_READY', `${spec.readyDeadlineMs} ms; ${this.#logFile}`);
    }
    throw this.#exitError(outcome, logOffset);
  }

  /** Probes until the service answers, the process ends, we are asked to stop, or the deadline passes. */
  async #answerOrEnd(pid: number, ended: Promise<ExitReport>, began: number): Promise<'ready' | 'late' | ExitReport> {
    let report: ExitReport | undefined;
    const end = ended.then((value) => (report = value));
    while (performance.now() - began < this.#spec.readyDeadlineMs && !this.#stopRequested.signal.aborted) {
      const answered = await Promise.race([
        this.#spec.probe(pid).then(
          () => true,
          () => false,
        ),
        end.then(() => false),
      ]);
      if (report !== undefined) return report;
      if (answered) return 'ready';
      await Promise.race([sleep(PROBE_INTERVAL_MS), end]);
    }
    return report ?? 'late';
  }

  /** A process that hangs ends like one that was killed, and `#watch` starts the next. */
  async #listen(heartbeat: Heartbeat, pid: number, over: AbortSignal): Promise<void> {
    if (!(await fallsSilent(heartbeat, over))) return;
    this.#emit({ kind: 'silent', service: this.name, pid });
    killGroup(pid);
  }

  #exitError(report: ExitReport, logOffset: number): PlantError {
    if (report.missing) return this.#error('PROGRAM_MISSING', this.#spec.command);
    const status = report.signal ?? `exit ${report.code ?? '?'}`;
    // setpriv(1) and nsenter(1) end with 127 when the program is not there.
    if (report.code === 127) return this.#error('PROGRAM_MISSING', this.#spec.command);
    const said = textFrom(this.#logFile, logOffset);
    const full = said.includes('No space left on device');
    // A process of ours ends with one coded sentence (`production/bin/process.ts`): whoever started the plant need not open the file.
    const lastWords = this.#spec.output === undefined ? undefined : said.trim().split('\n').at(-1)?.slice(0, LAST_WORDS_CHARS_MAX);
    return this.#error(full ? 'DISK_FULL' : 'SERVICE_EXITED', [status, lastWords, this.#logFile].filter(Boolean).join('; '));
  }

  async #watch(): Promise<void> {
    const stopRequested = this.#stopRequested.signal;
    while (!stopRequested.aborted) {
      const report = await this.#ended;
      if (stopRequested.aborted) return;
      let because: string = report?.signal ?? `exit ${report?.code ?? '?'}`;
      if (performance.now() - this.#readySince > STEADY_MS) this.#failures = 0;
      for (;;) {
        const inMs = backOffMs(this.#failures++);
        this.#emit({ kind: 'restarting', service: this.name, inMs, because });
        if (!(await sleepUnless(inMs, stopRequested))) return;
        try {
          await this.#startOnce();
          break;
        } catch (error) {
          because = error instanceof PlantError ? error.code : 'SERVICE_EXITED';
        }
      }
    }
  }

  async #stopOnce(): Promise<void> {
    this.#stopRequested.abort();
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#error('SERVICE_EXITED', 'stopped'));
    await this.#end(this.#spec.stopSignal);
    await this.#watching;
    await this.#end('SIGKILL');
    this.#emit({ kind: 'stopped', service: this.name });
  }

  async #end(signal: StopSignal): Promise<void> {
    const child = this.#child;
    const ended = this.#ended;
    if (child?.pid === undefined || ended === undefined) return;
    child.kill(signal);
    const inTime = await Promise.race([
      ended.then(() => true),
      sleep(this.#spec.stopDeadlineMs, undefined, { ref: false }).then(() => false),
    ]);
    if (inTime) return killChildrenOf(child.pid);
    killGroup(child.pid);
    await ended;
  }

  #error(code: 'PROGRAM_MISSING' | 'SERVICE_EXITED' | 'SERVICE_NOT_READY' | 'DISK_FULL', detail: string): PlantError {
    return new PlantError(code, { where: this.name, detail });
  }

  #emit(event: PlantEvent): void {
    this.#deps.onEvent?.(event);
  }
}

interface ExitReport {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The first program of the chain could not be found at all. */
  readonly missing: boolean;
}

function spawnKept(spec: ProcessSpec, plantDir: string, logFile: string): { child: ChildProcess; ended: Promise<ExitReport> } {
  const [program = '', ...args] = keptCommand(spec);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: spec.cwd ?? plantDir,
      env: { ...inheritedEnvironment(), ...spec.env, [PLANT_VARIABLE]: plantDir },
      stdio: ['ignore', log, log],
      detached: true,
    });
    const ended = new Promise<ExitReport>((resolve) => {
      child.once('error', () => resolve({ code: null, signal: null, missing: child.pid === undefined }));
      child.once('exit', (code, signal) => resolve({ code, signal, missing: false }));
    });
    return { child, ended };
  } finally {
    closeSync(log);
  }
}

/**
 * The argv that starts a program kept by us. prctl(2): the parent-death signal is cleared by a change of credentials, so setpriv(1)
 * sets it last, after it has dropped the user, and after any namespace has been entered.
 */
export function keptCommand(spec: Pick<ProcessSpec, 'command' | 'args' | 'enter' | 'user' | 'stopSignal'>): string[] {
  const drop = spec.user === undefined ? [] : [`--reuid=${spec.user.uid}`, `--regid=${spec.user.gid}`, '--init-groups', '--no-new-privs'];
  const enter = typeof spec.enter === 'function' ? spec.enter() : (spec.enter ?? []);
  return [...enter, 'setpriv', ...drop, `--pdeathsig=${spec.stopSignal.slice(3)}`, '--', spec.command, ...spec.args];
}

/** Only what a service needs of our environment: no token, password or proxy of the person who started us. */
function inheritedEnvironment(): Record<string, string> {
  const kept: Record<string, string> = { LC_ALL: 'C.UTF-8' };
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'TZ']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  if (!(kept['PATH'] ?? '').split(':').includes('/usr/sbin')) kept['PATH'] = `${kept['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
  return kept;
}

/** Beside the structured logs of our own processes (`production/logging`): one folder holds everything that a plant says. */
export function logFileOf(plantDir: string, name: string): string {
  return join(plantDir, 'logs', `${name}.log`);
}

/** Asks a process that is not our child to end, waits, and kills it at the deadline. */
export async function endForeign(identity: ProcessIdentity, deadlineMs: number, signal: StopSignal = 'SIGTERM'): Promise<void> {
  if (!isRunning(identity)) return;
  signalQuietly(identity.pid, signal);
  const until = performance.now() + deadlineMs;
  while (isRunning(identity)) {
    if (performance.now() > until) signalQuietly(identity.pid, 'SIGKILL');
    await sleep(20);
  }
}

/** What a process that has ended left in its group: the kernel keeps the number of a group for as long as it has a member. */
function killChildrenOf(pid: number): void {
  signalQuietly(-pid, 'SIGKILL');
}

function killGroup(pid: number): void {
  signalQuietly(-pid, 'SIGKILL');
  signalQuietly(pid, 'SIGKILL');
}

function signalQuietly(pid: number, signal: StopSignal): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

async function sleepUnless(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

function sizeOf(path: string): number {
  try {
    const fd = openSync(path, 'r');
    try {
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  } catch {
    return 0;
  }
}

/** What a log file gained since `offset`, at most its last 64 KiB: enough to see why a start failed. */
function textFrom(path: string, offset: number): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const size = fstatSync(fd).size;
      const from = Math.max(offset, size - 65_536);
      const buffer = Buffer.alloc(Math.max(0, size - from));
      readSync(fd, buffer, 0, buffer.length, from);
      return buffer.toString('utf8');
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
