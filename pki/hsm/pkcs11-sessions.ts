import pkcs11js from 'pkcs11js';
import { Secret } from '#encoder/bytes';
import { HsmError } from './hsm-error.ts';
import { hsmErrorOfReturnValue } from './pkcs11-error.ts';

export type Cryptoki = pkcs11js.PKCS11;
export type Handle = Buffer;

export interface SessionsOptions {
  readonly modulePath: string;
  readonly tokenLabel: string;
  /** Sessions open at once, the anchor not counted: one operation each. */
  readonly sessionsMax: number;
  /** Called when everything that was known of the token must be found again. */
  readonly onLost: () => void;
}

/** CKR_USER_ALREADY_LOGGED_IN: login is process-wide, and it is done. */
const ALREADY_LOGGED_IN = 0x100;

/** CKS_RW_USER_FUNCTIONS. */
const RW_USER_FUNCTIONS = 3;

/**
 * The sessions of one process with one token. PKCS#11 allows one operation a session (§6.7.6), so each runs in a session of
 * its own out of a pool, and a session in which anything failed is closed, never reused. One anchor session stays
 * open: the login ends with the last session.
 */
export class Pkcs11Sessions {
  readonly #options: SessionsOptions;
  readonly #library: Cryptoki = new pkcs11js.PKCS11();
  readonly #idle: Handle[] = [];
  readonly #waiting: (() => void)[] = [];
  #inUse = 0;
  /** Counts losses: what was opened before one says nothing about what was opened after it. */
  #generation = 0;
  #slot: Handle | undefined;
  #anchor: Handle | undefined;
  /** Our own copy, for the login after a lost session; gone with `close`. */
  #pin: Secret | undefined;
  /** A PIN that was refused is never presented again by this process. */
  #pinRefusal: HsmError | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  open(pin: Secret): void {
    if (this.#pinRefusal !== undefined) throw this.#pinRefusal;
    if (this.#slot !== undefined) throw new HsmError('HSM_LIBRARY_FAILED', { where: 'open', detail: 'already open' });
    try {
      this.#library.load(this.#options.modulePath);
      // Without this flag the library may take the process for single-threaded, and the asynchronous calls corrupt its memory.
      this.#library.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
    } catch (cause) {
      throw new HsmError('HSM_LIBRARY_FAILED', { where: this.#options.modulePath, cause });
    }
    try {
      this.#slot = this.#findSlot();
      this.#pin = new Secret(pin.reveal());
      this.#login(this.#slot, this.#pin);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#idle.length = 0;
    this.#anchor = undefined;
    this.#slot = undefined;
    this.#pin?.destroy();
    this.#pin = undefined;
    try {
      this.#library.C_Finalize();
      this.#library.close();
    } catch {
      // The process gives the token up either way; a library that cannot finalise is unloaded with it.
    }
  }

  /** Runs one operation in a session of its own. Every error comes out as `HsmError`. */
  async run<T>(operation: string, body: (library: Cryptoki, session: Handle) => T | Promise<T>): Promise<T> {
    await this.#turn();
    const generation = this.#generation;
    let session: Handle | undefined;
    try {
      session = this.#acquire();
      const result = await body(this.#library, session);
      if (generation === this.#generation) this.#idle.push(session);
      else this.#discard(session);
      return result;
    } catch (cause) {
      const error = this.#orLoggedOut(toHsmError(cause, operation), session);
      if (session !== undefined) this.#discard(session);
      if (error.code === 'HSM_SESSION_LOST' && generation === this.#generation) this.#forgetSessions();
      throw error;
    } finally {
      this.#inUse -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#inUse >= this.#options.sessionsMax) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#inUse += 1;
  }

  #acquire(): Handle {
    if (this.#pinRefusal !== undefined) throw this.#pinRefusal;
    if (this.#slot === undefined || this.#pin === undefined) throw new HsmError('HSM_NOT_OPEN');
    if (this.#anchor === undefined) this.#login(this.#slot, this.#pin);
    return this.#idle.pop() ?? this.#library.C_OpenSession(this.#slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  }

  #findSlot(): Handle {
    const label = this.#options.tokenLabel;
    const matches = this.#library.C_GetSlotList(true).filter((slot) => this.#library.C_GetTokenInfo(slot).label.trim() === label);
    const [slot] = matches;
    if (slot === undefined) throw new HsmError('HSM_TOKEN_NOT_FOUND', { where: label });
    if (matches.length > 1) throw new HsmError('HSM_KEY_AMBIGUOUS', { where: label, detail: 'two tokens have this label' });
    return slot;
  }

  #login(slot: Handle, pin: Secret): void {
    try {
      this.#anchor = this.#library.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
      // pkcs11js takes the PIN as a string: the one copy that cannot be wiped.
      this.#library.C_Login(this.#anchor, pkcs11js.CKU_USER, Buffer.from(pin.reveal()).toString('utf8'));
    } catch (cause) {
      if (returnValueOf(cause) === ALREADY_LOGGED_IN) return;
      this.#anchor = undefined;
      const error = toHsmError(cause, 'C_Login');
      if (error.code === 'HSM_PIN_INCORRECT' || error.code === 'HSM_PIN_LOCKED') this.#pinRefusal = error;
      throw error;
    }
  }

  /**
   * A logout takes the handles of private objects with it (PKCS#11 v2.40 §5.6), so that a key seems to have vanished: it has only if the
   * session is still logged in. Whether it is still there after the next login, its identifier and public half tell.
   */
  #orLoggedOut(error: HsmError, session: Handle | undefined): HsmError {
    if (error.code !== 'HSM_KEY_VANISHED' || session === undefined) return error;
    try {
      if (this.#library.C_GetSessionInfo(session).state === RW_USER_FUNCTIONS) return error;
    } catch {
      // A session that cannot be asked is lost too.
    }
    return new HsmError('HSM_SESSION_LOST', { where: error.where ?? 'session', cause: error });
  }

  #discard(session: Handle): void {
    try {
      this.#library.C_CloseSession(session);
    } catch {
      // It was lost already.
    }
  }

  #forgetSessions(): void {
    this.#generation += 1;
    this.#idle.splice(0).forEach((session) => {
      this.#discard(session);
    });
    if (this.#anchor !== undefined) this.#discard(this.#anchor);
    this.#anchor = undefined;
    this.#options.onLost();
  }
}

function returnValueOf(cause: unknown): number | undefined {
  return cause instanceof pkcs11js.Pkcs11Error ? cause.code : undefined;
}

function toHsmError(cause: unknown, operation: string): HsmError {
  if (cause instanceof HsmError) return cause;
  const returnValue = returnValueOf(cause);
  if (returnValue !== undefined) return hsmErrorOfReturnValue(returnValue, operation, cause);
  return new HsmError('HSM_LIBRARY_FAILED', { where: operation, cause });
}
