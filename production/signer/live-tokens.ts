import { isCodedError } from '#encoder/bytes';
import { SignerError } from './signer-error.ts';
import type { SignerToken } from './token.ts';

/** After a fault a token is left alone for so long, twice as long after each further one, and then asked whether it lives. */
const PAUSE_MS = { first: 5000, most: 60_000, startedAnew: 1000 } as const;

/** The token is not the one it was: no waiting makes it right, and looking for another key of that name would be worse. */
const QUARANTINE: ReadonlySet<string> = new Set([
  'HSM_KEY_VANISHED',
  'HSM_KEY_AMBIGUOUS',
  'HSM_KEY_MISMATCH',
  'HSM_KEY_EXPOSED',
  'HSM_QUARANTINED',
]);

/** The input is wrong, not the token. */
const NOT_THE_TOKEN: ReadonlySet<string> = new Set(['HSM_INPUT_INVALID']);

/** The token was not asked, or refused before it signed. Of every other fault it is not known whether a signature was made. */
const SURELY_NOT_SIGNED: ReadonlySet<string> = new Set([
  ...QUARANTINE,
  ...NOT_THE_TOKEN,
  'HSM_PIN_INCORRECT',
  'HSM_PIN_LOCKED',
  'HSM_NOT_OPEN',
  'HSM_BREAKER_OPEN',
  'HSM_KEY_NOT_FOUND',
  'HSM_KEY_PROTECTED',
  'HSM_MECHANISM_UNSUPPORTED',
]);

/** What says that this one key cannot be used, whatever the others of its token can do: it is gone, or gave what is no signature. */
const THE_KEY: ReadonlySet<string> = new Set(['HSM_KEY_NOT_FOUND', 'HSM_SIGNATURE_FORM']);

/** The token's signature was not one of its certificate's key: it never left this process. */
const REJECTED: ReadonlySet<string> = new Set(['CMS_SIGNATURE_REJECTED', 'JWS_SIGNATURE_REJECTED']);

export function isKeyFault(error: unknown): boolean {
  return isCodedError(error) && THE_KEY.has(error.code);
}

export function isTokenFault(error: unknown): boolean {
  return isCodedError(error) && error.code.startsWith('HSM_') && !NOT_THE_TOKEN.has(error.code);
}

function isRejected(error: unknown): boolean {
  return isCodedError(error) && REJECTED.has(error.code);
}

export function surelyNotSigned(error: unknown): boolean {
  return isCodedError(error) && SURELY_NOT_SIGNED.has(error.code);
}

interface Out {
  readonly code: string;
  /** By the monotonic clock; Infinity: until the signer is started again by a person. */
  readonly until: number;
  readonly pauseMs: number;
}

/**
 * The plant's tokens, and which of them can be asked now. One that fails is left alone for a while and comes back when it proves that it
 * lives; one that lost a key stays out. With none alive there is nothing else to ask: cards wait (invariant P13).
 */
export class LiveTokens {
  readonly all: readonly SignerToken[];
  readonly #monotonic: () => number;
  readonly #onChange: (token: string, code: string) => void;
  readonly #out = new Map<string, Out>();
  /** Keys of a token whose signatures were wrong, since it last gave a right one. */
  readonly #wrong = new Map<string, Set<string>>();
  #reviving: Promise<void> | undefined;

  /** @param onChange told of every fault, and `ok` when a token is back */
  constructor(tokens: readonly SignerToken[], monotonic: () => number, onChange: (token: string, code: string) => void = () => undefined) {
    this.all = tokens;
    this.#monotonic = monotonic;
    this.#onChange = onChange;
  }

  /** In the plant's order. A token whose pause is over is asked in the background and is back when it has answered. */
  async alive(): Promise<readonly SignerToken[]> {
    const due = this.all.filter(({ name }) => (this.#out.get(name)?.until ?? Infinity) <= this.#monotonic());
    if (due.length > 0) void this.#revive(due);
    const alive = this.#alive();
    if (alive.length > 0) return alive;
    await this.#revive(this.all.filter(({ name }) => this.#out.get(name)?.until !== Infinity));
    return this.#alive();
  }

  named(name: string): SignerToken | undefined {
    return this.all.find((token) => token.name === name);
  }

  /** `ok`, or the code of the fault for which it is out. */
  standingOf(token: SignerToken): string {
    return this.#out.get(token.name)?.code ?? 'ok';
  }

  failed(token: SignerToken, error: unknown): void {
    const code = isCodedError(error) ? error.code : 'UNEXPECTED';
    const before = this.#out.get(token.name);
    const now = this.#monotonic();
    // Asked while it was to be left alone (by a look at the plant's health): that makes its pause no longer.
    if (before !== undefined && now < before.until && !QUARANTINE.has(code)) return;
    // A token whose process is being started anew is waited for already: by a breaker of its own.
    const again = Math.min((before?.pauseMs ?? PAUSE_MS.first / 2) * 2, PAUSE_MS.most);
    const pauseMs = code === 'HSM_BREAKER_OPEN' ? PAUSE_MS.startedAnew : again;
    this.#out.set(token.name, { code, pauseMs, until: QUARANTINE.has(code) ? Infinity : now + pauseMs });
    this.#onChange(token.name, code);
  }

  /**
   * A signature that its certificate does not verify is the key's fault. When the next key of the token does the same it is the token's: it stays out,
   * with the spares that it still has.
   */
  rejected(token: SignerToken, key: string, error: unknown): void {
    const keys = this.#wrong.get(token.name) ?? new Set();
    this.#wrong.set(token.name, keys.add(key));
    if (keys.size < 2) return;
    const code = isCodedError(error) ? error.code : 'UNEXPECTED';
    this.#out.set(token.name, { code, pauseMs: 0, until: Infinity });
    this.#onChange(token.name, code);
  }

  /** A signature of this token was right. */
  verified(token: SignerToken): void {
    this.#wrong.delete(token.name);
  }

  /**
   * What the first token that does its work answers.
   * @throws SignerError TOKEN_UNAVAILABLE when none does; whatever else `work` throws
   */
  async first<T>(work: (token: SignerToken) => Promise<T>, suits: (token: SignerToken) => boolean = () => true): Promise<T> {
    const tried = new Set<SignerToken>();
    for (;;) {
      const token = (await this.alive()).find((candidate) => suits(candidate) && !tried.has(candidate));
      if (token === undefined) throw this.unavailable();
      tried.add(token);
      try {
        return await work(token);
      } catch (error) {
        if (!isTokenFault(error) && !isRejected(error)) throw error;
        this.failed(token, error);
      }
    }
  }

  unavailable(): SignerError {
    return new SignerError('TOKEN_UNAVAILABLE', { detail: this.all.map((token) => `${token.name} ${this.standingOf(token)}`).join(', ') });
  }

  /** Asks every token that may be asked whether it lives. */
  async probe(): Promise<void> {
    await Promise.all(this.all.map((token) => this.#probeOne(token)));
  }

  #alive(): readonly SignerToken[] {
    return this.all.filter(({ name }) => !this.#out.has(name));
  }

  /** One question at a time, whoever waits for it. */
  #revive(tokens: readonly SignerToken[]): Promise<void> {
    this.#reviving ??= Promise.all(tokens.map((token) => this.#probeOne(token)))
      .then(() => undefined)
      .finally(() => {
        this.#reviving = undefined;
      });
    return this.#reviving;
  }

  async #probeOne(token: SignerToken): Promise<void> {
    if (this.#out.get(token.name)?.until === Infinity) return;
    try {
      await token.proveAlive();
      if (this.#out.delete(token.name)) this.#onChange(token.name, 'ok');
    } catch (error) {
      this.failed(token, error);
    }
  }
}
