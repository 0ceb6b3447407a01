import { type ParsedCommandApdu, type ResponseApdu, StatusWord } from '#encoder/apdu';
import { equalConstantTime } from '#encoder/bytes';
import type { ScpSession } from './scp-session.ts';

const NO_DATA = new Uint8Array(0);

/**
 * The chip's end of one session, from INITIALIZE UPDATE on: what SCP02 and SCP03 have in common. It answers with status words and never
 * throws on what a terminal sends. After a failure it is dead: the chip makes a new one for the next INITIALIZE UPDATE.
 *
 * For each command of a session: `unwrap`, execute, `wrap`.
 */
export abstract class ScpCardSession<Level extends number> {
  abstract readonly protocol: ScpSession['protocol'];
  readonly #levels: readonly Level[];
  #session: ScpSession | undefined;
  #authenticated = false;

  constructor(levels: readonly Level[]) {
    this.#levels = levels;
  }

  /** Answers 80 50 KVN 00. */
  abstract initializeUpdate(command: ParsedCommandApdu): ResponseApdu;

  /** A new session, from challenges that were just exchanged. */
  protected begin<S extends ScpSession>(session: S): S {
    this.#session = session;
    return session;
  }

  /** 0 until EXTERNAL AUTHENTICATE succeeded and after any failure. */
  get securityLevel(): Level | 0 {
    const level = this.#authenticated ? this.#session?.level : undefined;
    return this.#levels.find((known) => known === level) ?? 0;
  }

  /** Answers 84 82 level 00. A wrong MAC or cryptogram closes the session; real chips count it. */
  externalAuthenticate(command: ParsedCommandApdu): ResponseApdu {
    const session = this.#session;
    if (session === undefined || this.#authenticated) {
      this.close();
      return answerStatus(StatusWord.CONDITIONS_NOT_SATISFIED);
    }
    const level = this.#levels.find((known) => known === command.p1);
    if (level === undefined || command.p2 !== 0) {
      this.close();
      return answerStatus(StatusWord.INCORRECT_P1_P2);
    }
    const plain = session.unwrapCommand(command);
    if (plain === undefined) {
      this.close();
      return answerStatus(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
    }
    if (!equalConstantTime(plain.data, session.hostCryptogram())) {
      this.close();
      return answerStatus(StatusWord.AUTHENTICATION_FAILED);
    }
    session.authenticated(level);
    this.#authenticated = true;
    return answerStatus(StatusWord.SUCCESS);
  }

  /** The plain command, its class byte without the secure messaging bit; undefined when it does not verify: answer 6982. */
  unwrap(command: ParsedCommandApdu): ParsedCommandApdu | undefined {
    const plain = this.#authenticated ? this.#session?.unwrapCommand(command) : undefined;
    if (plain === undefined) this.close();
    return plain;
  }

  /** Protects the response to the command that `unwrap` took last. */
  wrap(response: ResponseApdu): ResponseApdu {
    const session = this.#session;
    if (session === undefined || !this.#authenticated) return response;
    const wrapped = session.wrapResponse(response);
    session.advance();
    return wrapped;
  }

  /** Undoes `SecureChannel.encryptSensitive`, padding left in place; undefined when the length is not whole blocks or no session is open. */
  decryptSensitive(data: Uint8Array): Uint8Array | undefined {
    return this.#authenticated ? this.#session?.decryptSensitive(data) : undefined;
  }

  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
    this.#authenticated = false;
  }
}

/** A response of a status word alone. */
export function answerStatus(sw: number): ResponseApdu {
  return { data: NO_DATA, sw };
}
