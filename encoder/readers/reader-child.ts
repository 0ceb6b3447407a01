import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PcscOptions } from './pcsc.ts';
import { ReaderError } from './reader-error.ts';
import { type Answer, type Ask, type Connected, OPEN_MS, OPENING, type Question } from './reader-ipc.ts';

/** How long a process may take to be there, on a busy host. */
const START_MS = 20_000;

interface Pending {
  readonly resolve: (value: Connected | Uint8Array | null) => void;
  readonly reject: (error: ReaderError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One life of the process that holds a reader, seen from its owner: every question has a deadline, and a process that misses
 * one, dies, or says that it cannot go on is killed and answers nothing any more.
 */
export class ReaderChild {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #asked = OPENING;
  #over: ReaderError | undefined;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#process = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#finish(this.#gone(`its process ended: ${signal ?? `exit ${code ?? '?'}`}`));
        resolve();
      });
      child.on('error', (error: NodeJS.ErrnoException) => {
        this.#finish(this.#gone(`its process: ${error.code ?? 'no start'}`));
        if (child.pid === undefined) resolve();
      });
    });
    child.on('message', (message) => this.#hear(message as Answer));
  }

  /** Errors: `ReaderError` as `openPcscReader`; READER_GONE when no process can be started, DEADLINE when it does not answer. */
  static async start(name: string, options: PcscOptions, program: readonly string[] = builtProgram()): Promise<ReaderChild> {
    // prctl(2): the kernel ends the process when its owner dies, also when a frozen event loop would never notice.
    const command = ['--pdeathsig=KILL', '--', process.execPath, ...program, name, JSON.stringify(options)];
    const child = new ReaderChild(
      name,
      spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' }),
    );
    await child.#answerTo(OPENING, START_MS + (options.openDeadlineMs ?? OPEN_MS));
    return child;
  }

  /** Why it answers nothing any more. */
  get over(): ReaderError | undefined {
    return this.#over;
  }

  /** Errors: whatever the process says of the reader; DEADLINE when it says nothing; READER_GONE when it dies. */
  ask(ask: Ask, deadlineMs: number): Promise<Connected | Uint8Array | null> {
    if (this.#over !== undefined) return Promise.reject(this.#over);
    this.#asked += 1;
    const question: Question = { id: this.#asked, ask };
    const answer = this.#answerTo(question.id, deadlineMs);
    this.#process.send(question, (error) => {
      if (error !== null) this.#finish(this.#gone('its process hears nothing'));
    });
    return answer;
  }

  async connected(deadlineMs: number): Promise<Connected> {
    const value = await this.ask({ ask: 'connect' }, deadlineMs);
    if (value === null || value instanceof Uint8Array) throw this.#finish(this.#gone('its process answers another question'));
    return value;
  }

  async transmitted(ask: Ask & { readonly ask: 'transmit' }, deadlineMs: number): Promise<Uint8Array> {
    const value = await this.ask(ask, deadlineMs);
    if (!(value instanceof Uint8Array)) throw this.#finish(this.#gone('its process answers another question'));
    return value;
  }

  /** Kills the process and resolves when it is gone. */
  async end(because: ReaderError): Promise<void> {
    this.#finish(because);
    await this.#exited;
  }

  #answerTo(id: number, deadlineMs: number): Promise<Connected | Uint8Array | null> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#finish(new ReaderError('DEADLINE', { where: this.#name })), deadlineMs);
      this.#pending.set(id, { resolve, reject, timer });
    });
  }

  #hear(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) return;
    if ('value' in answer) {
      this.#settle(answer.id, pending);
      pending.resolve(answer.value);
      return;
    }
    const { code, detail } = answer.error;
    const error = new ReaderError(code, { where: this.#name, ...(detail === undefined ? {} : { detail }) });
    // A refused command never reached the reader, and what passes by itself needs no other process.
    if (error.remedy !== 'retry' && code !== 'COMMAND_REFUSED') {
      this.#finish(error);
      return;
    }
    this.#settle(answer.id, pending);
    pending.reject(error);
  }

  /** Nothing is asked of the process any more, and everything that was asked ends with this error. */
  #finish(error: ReaderError): ReaderError {
    if (this.#over !== undefined) return this.#over;
    this.#over = error;
    this.#process.kill('SIGKILL');
    for (const [id, pending] of this.#pending) {
      this.#settle(id, pending);
      pending.reject(error);
    }
    return error;
  }

  #settle(id: number, pending: Pending): void {
    clearTimeout(pending.timer);
    this.#pending.delete(id);
  }

  #gone(detail: string): ReaderError {
    return new ReaderError('READER_GONE', { where: this.#name, detail });
  }
}

/** Built code finds built code: this file is `dist/encoder/readers/reader-child.js` wherever nobody names another program. */
function builtProgram(): readonly string[] {
  return ['--disable-proto=delete', fileURLToPath(new URL('reader-process.js', import.meta.url))];
}
