import { Secret, toHex } from '#encoder/bytes';
import { publicKeyOfPoint } from '#pki/ec';
import { Breaker, type BreakerOptions } from './hosted-breaker.ts';
import type { HostChannel } from './hosted-channel.ts';
import { SYSTEM_CLOCK, type HostClock } from './hosted-clock.ts';
import type { HsmMethod, ServedKind } from './hosted-message.ts';
import { TokenProcess } from './hosted-process.ts';
import { HsmError } from './hsm-error.ts';
import type { Hsm } from './hsm.ts';
import { assertSignatureForm } from './signature-form.ts';

export interface HostedOptions {
  /** Starts a process that serves the token (`serveHsm`) and returns the channel to it. */
  readonly start: () => HostChannel;
  /** For every call that is not named below; 2 s: vendors block for minutes. */
  readonly deadlineMs?: number;
  /** For making keys and for taking an inventory; 2 min. */
  readonly generationDeadlineMs?: number;
  /** For loading the process and for logging in, each; 20 s. */
  readonly startDeadlineMs?: number;
  /** 5 s, doubling to 60 s. */
  readonly breaker?: BreakerOptions;
  readonly clock?: HostClock;
  readonly onEvent?: (event: HostedEvent) => void;
}

export type HostedState =
  | 'closed'
  | 'starting'
  | 'ready'
  /** Nothing reaches the token before then. */
  | { readonly openUntil: Date }
  | 'quarantined'
  | 'pin-refused';

/** A state that was entered, and the failure that led there. */
export interface HostedEvent {
  readonly state: HostedState;
  readonly cause?: HsmError;
}

/** A token in another process, as `Hsm`; see `hostedHsm`. */
export interface HostedHsm extends Hsm {
  readonly kind: 'hosted';
  /** What the other process serves; undefined before it has said so. A plant refuses `software`. */
  readonly behind: ServedKind | undefined;
  state(): HostedState;
  /** No call reaches the token any more: also for what only the caller can see. There is no way back in this process. */
  quarantine(cause: HsmError): void;
}

/**
 * An `Hsm` whose token lives in another process, with the answers of the fault table (invariants §3.4):
 *
 * - session lost, or busy with another operation: the same call once more with the same input. Lost twice in a row: the process is recycled.
 * - device, token or library failed, process gone, no answer at the deadline: the process is killed and another started after 5 s, doubling to
 *   60 s; until it has logged in again, calls fail at once with HSM_BREAKER_OPEN. A call that was on its way fails with HSM_TIMED_OUT or
 *   HSM_PROCESS_LOST and is never made again here: whether the token has signed is not known.
 * - a key vanished, ambiguous, another one or exposed, or a key that has worked in this token is not found: quarantine. What was asked before is still
 *   answered; every later call is HSM_QUARANTINED, with the failure as its cause.
 * - PIN refused or locked: every later call, and `open`, fails with that same refusal, and no process is given the PIN again. Nor is it given twice
 *   when the token never accepted it and the first login was not answered.
 */
export function hostedHsm(options: HostedOptions): HostedHsm {
  return new Host(options);
}

const LONG: ReadonlySet<HsmMethod> = new Set<HsmMethod>(['generateEcKey', 'generateRsaKey', 'generateAesKey', 'list']);

type Phase =
  | { readonly name: 'closed' }
  | { readonly name: 'starting' | 'ready'; readonly process: TokenProcess }
  | { readonly name: 'waiting'; readonly until: number; readonly cancel: () => void }
  | { readonly name: 'quarantined' | 'pin-refused'; readonly cause: HsmError };

class Host implements HostedHsm {
  readonly kind = 'hosted';
  readonly #options: HostedOptions;
  readonly #clock: HostClock;
  readonly #breaker: Breaker;
  /** Identifiers of keys that have worked in this token: one that is then not found has vanished. */
  readonly #worked = new Set<string>();
  #phase: Phase = { name: 'closed' };
  #behind: ServedKind | undefined;
  /** Our own copy, for the login of the next process. */
  #pin: Secret | undefined;
  #pinAccepted = false;

  constructor(options: HostedOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#breaker = new Breaker(options.breaker ?? { firstMs: 5000, maxMs: 60_000 });
  }

  get behind(): ServedKind | undefined {
    return this.#behind;
  }

  state(): HostedState {
    return stateOf(this.#phase);
  }

  async open(pin: Secret): Promise<void> {
    if (this.#phase.name !== 'closed') this.#process('open');
    if (this.#phase.name !== 'closed') throw new HsmError('HSM_LIBRARY_FAILED', { where: 'open', detail: 'already open' });
    this.#pin = new Secret(pin.reveal());
    this.#pinAccepted = false;
    await this.#start();
  }

  async close(): Promise<void> {
    const phase = this.#phase;
    if (phase.name === 'quarantined' || phase.name === 'pin-refused') return;
    this.#forgetPin();
    this.#enter({ name: 'closed' });
    if (phase.name === 'waiting') phase.cancel();
    if (phase.name === 'ready') await phase.process.call('close', [], this.#deadlineOf('close')).catch(() => undefined);
    if (phase.name === 'ready' || phase.name === 'starting') phase.process.end(new HsmError('HSM_NOT_OPEN'));
  }

  quarantine(cause: HsmError): void {
    const phase = this.#phase;
    if (phase.name === 'quarantined' || phase.name === 'pin-refused') return;
    this.#forgetPin();
    this.#enter({ name: 'quarantined', cause }, cause);
    if (phase.name === 'waiting') phase.cancel();
    if (phase.name === 'ready' || phase.name === 'starting') phase.process.endWhenIdle(cause);
  }

  generateEcKey(...args: Parameters<Hsm['generateEcKey']>) {
    return this.#call('generateEcKey', args);
  }

  findEcKey(...args: Parameters<Hsm['findEcKey']>) {
    return this.#call('findEcKey', args);
  }

  generateRsaKey(...args: Parameters<Hsm['generateRsaKey']>) {
    return this.#call('generateRsaKey', args);
  }

  findRsaKey(...args: Parameters<Hsm['findRsaKey']>) {
    return this.#call('findRsaKey', args);
  }

  async sign(...args: Parameters<Hsm['sign']>) {
    return assertSignatureForm(args[0], await this.#call('sign', args));
  }

  verify(...args: Parameters<Hsm['verify']>) {
    return this.#call('verify', args);
  }

  signaturesOf(...args: Parameters<Hsm['signaturesOf']>) {
    return this.#call('signaturesOf', args);
  }

  async ecdhDerive(...args: Parameters<Hsm['ecdhDerive']>) {
    const [key, peerPoint] = args;
    publicKeyOfPoint(key.curve, peerPoint);
    return this.#call('ecdhDerive', args);
  }

  generateAesKey(...args: Parameters<Hsm['generateAesKey']>) {
    return this.#call('generateAesKey', args);
  }

  unwrapAesKey(...args: Parameters<Hsm['unwrapAesKey']>) {
    return this.#call('unwrapAesKey', args);
  }

  findAesKey(...args: Parameters<Hsm['findAesKey']>) {
    return this.#call('findAesKey', args);
  }

  cmac(...args: Parameters<Hsm['cmac']>) {
    return this.#call('cmac', args);
  }

  random(...args: Parameters<Hsm['random']>) {
    return this.#call('random', args);
  }

  list() {
    return this.#call('list', []);
  }

  async destroy(keyId: Uint8Array) {
    try {
      return await this.#call('destroy', [keyId]);
    } finally {
      // Only now: what was still on its way under it has been answered.
      this.#worked.delete(toHex(keyId));
    }
  }

  async #call<M extends HsmMethod>(method: M, args: Parameters<Hsm[M]>): Promise<Awaited<ReturnType<Hsm[M]>>> {
    const process = this.#process(method);
    const kept = keep(args);
    const keyId = keyIdIn(args);
    try {
      const value = await this.#answer(process, method, kept);
      this.#breaker.worked();
      for (const id of [keyId, keyIdIn([value])]) if (id !== undefined) this.#worked.add(id);
      // Both ends are this room: the value is the method's.
      return value as Awaited<ReturnType<Hsm[M]>>;
    } catch (error) {
      throw this.#remedied(process, missed(error, keyId !== undefined && this.#worked.has(keyId)));
    } finally {
      for (const value of kept) if (value instanceof Secret) value.destroy();
    }
  }

  /** The answer of this process, asked a second time where the first failure allows that and the token is still to be asked. */
  async #answer(process: TokenProcess, method: HsmMethod, args: readonly unknown[]): Promise<unknown> {
    try {
      return await process.call(method, args, this.#deadlineOf(method));
    } catch (error) {
      const again = error instanceof HsmError && error.remedy === 'retry' && this.#isReadyWith(process);
      if (!again) throw error;
      return process.call(method, args, this.#deadlineOf(method));
    }
  }

  /** Does what the failure asks for, once for all the calls that it hit; returns it, to be thrown. */
  #remedied(process: TokenProcess, error: HsmError): HsmError {
    if (!this.#isReadyWith(process)) return error;
    if (isPinRefusal(error)) this.#refusePin(process, error);
    else if (error.remedy === 'quarantine') this.quarantine(error);
    else if (error.remedy === 'recycle' || error.remedy === 'retry') this.#recycle(process, error);
    return error;
  }

  async #start(): Promise<void> {
    const { process, pin } = this.#launch();
    let presented = false;
    try {
      await process.greeted(this.#startDeadlineMs());
      this.#behind = process.serves;
      presented = true;
      await process.call('open', [pin], this.#startDeadlineMs());
    } catch (error) {
      throw this.#notOpened(process, asHsmError(error), presented);
    }
    this.#pinAccepted = true;
    if (this.#phase.name === 'starting' && this.#phase.process === process) this.#enter({ name: 'ready', process });
  }

  #launch(): { readonly process: TokenProcess; readonly pin: Secret } {
    const pin = this.#pin;
    if (pin === undefined) throw new HsmError('HSM_NOT_OPEN');
    const process = new TokenProcess(this.#channel(), this.#clock, (cause) => {
      // A life that ends while it starts is answered where it was started.
      if (this.#isReadyWith(process)) this.#recycle(process, cause);
    });
    this.#enter({ name: 'starting', process });
    return { process, pin };
  }

  #channel(): HostChannel {
    try {
      return this.#options.start();
    } catch (cause) {
      const error = new HsmError('HSM_PROCESS_LOST', { where: 'start', cause });
      this.#pause(error);
      throw error;
    }
  }

  #notOpened(process: TokenProcess, error: HsmError, presented: boolean): HsmError {
    if (this.#phase.name !== 'starting' || this.#phase.process !== process) return error;
    const unanswered = error.code === 'HSM_TIMED_OUT' || error.code === 'HSM_PROCESS_LOST';
    if (isPinRefusal(error)) this.#refusePin(process, error);
    else if (error.remedy === 'quarantine') this.quarantine(error);
    else if (presented && unanswered && !this.#pinAccepted) {
      this.#forgetPin();
      this.#enter({ name: 'closed' }, error);
      process.end(error);
    } else this.#recycle(process, error);
    return error;
  }

  #recycle(process: TokenProcess, cause: HsmError): void {
    this.#pause(cause);
    process.end(cause);
  }

  #pause(cause: HsmError): void {
    const pauseMs = this.#breaker.failed();
    const cancel = this.#clock.after(pauseMs, () => {
      // Its failure is an event; whoever calls meanwhile is told by the state.
      this.#start().catch(() => undefined);
    });
    this.#enter({ name: 'waiting', until: this.#clock.now() + pauseMs, cancel }, cause);
  }

  #refusePin(process: TokenProcess, cause: HsmError): void {
    this.#forgetPin();
    this.#enter({ name: 'pin-refused', cause }, cause);
    process.end(cause);
  }

  #forgetPin(): void {
    this.#pin?.destroy();
    this.#pin = undefined;
  }

  /** The process to ask, or why none is asked. */
  #process(method: HsmMethod): TokenProcess {
    const phase = this.#phase;
    switch (phase.name) {
      case 'ready':
        return phase.process;
      case 'closed':
        throw new HsmError('HSM_NOT_OPEN', { where: method });
      case 'starting':
        throw new HsmError('HSM_BREAKER_OPEN', { where: method, detail: 'starting' });
      case 'waiting':
        throw new HsmError('HSM_BREAKER_OPEN', { where: method, detail: `until ${new Date(phase.until).toISOString()}` });
      case 'quarantined':
        throw new HsmError('HSM_QUARANTINED', { where: method, detail: phase.cause.code, cause: phase.cause });
      case 'pin-refused':
        throw phase.cause;
    }
  }

  #isReadyWith(process: TokenProcess): boolean {
    return this.#phase.name === 'ready' && this.#phase.process === process;
  }

  #enter(phase: Phase, cause?: HsmError): void {
    this.#phase = phase;
    this.#options.onEvent?.({ state: stateOf(phase), ...(cause === undefined ? {} : { cause }) });
  }

  #deadlineOf(method: HsmMethod): number {
    const { deadlineMs = 2000, generationDeadlineMs = 120_000 } = this.#options;
    return LONG.has(method) ? generationDeadlineMs : deadlineMs;
  }

  #startDeadlineMs(): number {
    return this.#options.startDeadlineMs ?? 20_000;
  }
}

function stateOf(phase: Phase): HostedState {
  return phase.name === 'waiting' ? { openUntil: new Date(phase.until) } : phase.name;
}

/** What is asked a second time is what was asked: the caller's buffers and secrets are the caller's. */
function keep(args: readonly unknown[]): readonly unknown[] {
  return args.map((value) => {
    if (value instanceof Secret) return new Secret(value.reveal());
    return value instanceof Uint8Array ? Uint8Array.from(value) : value;
  });
}

/** The identifier of the key among these, in hex. */
function keyIdIn(values: readonly unknown[]): string | undefined {
  for (const value of values)
    if (typeof value === 'object' && value !== null && 'keyId' in value && value.keyId instanceof Uint8Array) return toHex(value.keyId);
  return undefined;
}

function missed(error: unknown, hadWorked: boolean): HsmError {
  const failure = asHsmError(error);
  return failure.code === 'HSM_KEY_NOT_FOUND' && hadWorked ? new HsmError('HSM_KEY_VANISHED', { cause: failure }) : failure;
}

function asHsmError(error: unknown): HsmError {
  return error instanceof HsmError ? error : new HsmError('HSM_PROCESS_LOST', { cause: error });
}

function isPinRefusal({ code }: HsmError): boolean {
  return code === 'HSM_PIN_INCORRECT' || code === 'HSM_PIN_LOCKED';
}
