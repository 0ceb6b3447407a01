import type { HostChannel } from './hosted-channel.ts';
import type { HostClock } from './hosted-clock.ts';
import { cross, isAnswer, isGreeting, land, type Answer, type HsmMethod, type ServedKind } from './hosted-message.ts';
import { HsmError } from './hsm-error.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: HsmError) => void;
  readonly stopWatch: () => void;
}

/**
 * One life of the process that holds a token: from its start to its end, which is always a kill. Every call has its deadline; a call that
 * misses it ends this life, and with it every call that is still waiting.
 */
export class TokenProcess {
  readonly #channel: HostChannel;
  readonly #clock: HostClock;
  readonly #onEnd: (cause: HsmError) => void;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  #end: HsmError | undefined;
  #endsWhenIdle = false;
  #serves: ServedKind | undefined;

  /** `onEnd` is called once, when this life is over, whoever ended it. */
  constructor(channel: HostChannel, clock: HostClock, onEnd: (cause: HsmError) => void) {
    this.#channel = channel;
    this.#clock = clock;
    this.#onEnd = onEnd;
    channel.onMessage((message) => {
      this.#receive(message);
    });
    channel.onClose(() => {
      this.end(new HsmError('HSM_PROCESS_LOST'));
    });
  }

  /** What it serves, once it has said so. */
  get serves(): ServedKind | undefined {
    return this.#serves;
  }

  /** Until the process has loaded its library and says what it serves. */
  greeted(deadlineMs: number): Promise<void> {
    return this.#wait(GREETING, 'start', deadlineMs, () => undefined) as Promise<void>;
  }

  call(method: HsmMethod, args: readonly unknown[], deadlineMs: number): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    return this.#wait(id, method, deadlineMs, () => {
      cross(args, (wire) => {
        this.#channel.send({ id, method, args: wire });
      });
    });
  }

  /** Kills it now. Calls that wait fail with HSM_PROCESS_LOST: what became of them is not known. */
  end(cause: HsmError): void {
    if (this.#end !== undefined) return;
    this.#end = cause;
    this.#channel.kill();
    for (const id of this.#pending.keys()) this.#take(id)?.reject(new HsmError('HSM_PROCESS_LOST', { cause }));
    this.#onEnd(cause);
  }

  /** Lets what was asked be answered, then kills it: a quarantined token is asked nothing more, and owes no doubt either. */
  endWhenIdle(cause: HsmError): void {
    if (this.#pending.size === 0) this.end(cause);
    this.#endsWhenIdle = true;
  }

  #wait(id: number, where: string, deadlineMs: number, send: () => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(new HsmError('HSM_PROCESS_LOST', { where, cause: this.#end }));
        return;
      }
      const stopWatch = this.#clock.after(deadlineMs, () => {
        // An answer that came while this process was busy is read before the verdict.
        setImmediate(() => {
          const late = this.#take(id);
          if (late === undefined) return;
          const error = new HsmError('HSM_TIMED_OUT', { where, detail: `${deadlineMs} ms` });
          late.reject(error);
          this.end(error);
        });
      });
      this.#pending.set(id, { resolve, reject, stopWatch });
      send();
    });
  }

  #receive(message: unknown): void {
    if (this.#end !== undefined) return;
    if (isGreeting(message)) {
      this.#serves = message.serves;
      this.#take(GREETING)?.resolve(undefined);
      return;
    }
    if (!isAnswer(message)) {
      this.end(new HsmError('HSM_PROCESS_LOST', { detail: 'what it said is no answer' }));
      return;
    }
    const call = this.#take(message.id);
    if (call === undefined) return;
    settle(call, message);
    if (this.#endsWhenIdle && this.#pending.size === 0) this.end(new HsmError('HSM_QUARANTINED'));
  }

  #take(id: number): Pending | undefined {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    call?.stopWatch();
    return call;
  }
}

/** The number of no call. */
const GREETING = 0;

function settle(call: Pending, answer: Answer): void {
  if ('failure' in answer) {
    const { code, ...context } = answer.failure;
    call.reject(new HsmError(code, context));
    return;
  }
  call.resolve(land(answer.value));
}
