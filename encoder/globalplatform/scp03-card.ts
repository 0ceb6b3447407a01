import { aesCbc } from '#encoder/access';
import { type ParsedCommandApdu, type ResponseApdu, StatusWord } from '#encoder/apdu';
import { concat, equalConstantTime } from '#encoder/bytes';
import { DerivationConstant, deriveScp03 } from './kdf.ts';
import { type Scp03Keys, Scp03Session, SECURITY_LEVELS, type SecurityLevel } from './scp03-session.ts';

export interface Scp03CardOptions {
  /** 10 bytes, sent in clear in every answer to INITIALIZE UPDATE. */
  readonly diversificationData: Uint8Array;
  /** 3 bytes; the chip counts it up in its own memory with every session, before it answers. */
  readonly sequenceCounter: Uint8Array;
  /** AID of the selected security domain: part of the pseudo-random card challenge (GPC Amendment D v1.2 §6.2.2.1). */
  readonly aid: Uint8Array;
}

const NO_DATA = new Uint8Array(0);
/** Pseudo-random card challenge, R-MAC and R-ENCRYPTION supported (GPC Amendment D v1.2 table 5-1); bit 1 says S16. */
const I_PARAMETER = 0x70;
const I_S16 = 0x01;

/**
 * The chip's end of one SCP03 session, from INITIALIZE UPDATE on. It answers with status words and never throws on what
 * a terminal sends. After a failure it is dead: the chip makes a new one for the next INITIALIZE UPDATE.
 *
 * For each command of a session: `unwrap`, execute, `wrap`.
 */
export class Scp03CardSession {
  readonly #keys: Scp03Keys;
  readonly #options: Scp03CardOptions;
  #session: Scp03Session | undefined;
  #authenticated = false;

  constructor(keys: Scp03Keys, options: Scp03CardOptions) {
    this.#keys = keys;
    this.#options = options;
  }

  /** 0 until EXTERNAL AUTHENTICATE succeeded and after any failure. */
  get securityLevel(): SecurityLevel | 0 {
    return this.#authenticated && this.#session !== undefined ? this.#session.level : 0;
  }

  /** Answers 80 50 KVN 00. The host challenge's length (8 or 16) picks S8 or S16. */
  initializeUpdate(command: ParsedCommandApdu): ResponseApdu {
    this.close();
    const host = command.data;
    if (host.length !== 8 && host.length !== 16) return refuse(StatusWord.WRONG_LENGTH);
    if (command.p2 !== 0) return refuse(StatusWord.INCORRECT_P1_P2);
    if (command.p1 !== 0 && command.p1 !== this.#keys.version) return refuse(StatusWord.REFERENCED_DATA_NOT_FOUND);
    const { diversificationData, sequenceCounter, aid } = this.#options;
    const challenge = deriveScp03(this.#keys.enc.reveal(), DerivationConstant.CARD_CHALLENGE, concat(sequenceCounter, aid), host.length);
    this.#session = new Scp03Session(this.#keys, host, challenge);
    const i = host.length === 16 ? I_PARAMETER | I_S16 : I_PARAMETER;
    const cryptogram = this.#session.cryptogram(DerivationConstant.CARD_CRYPTOGRAM);
    const info = Uint8Array.of(this.#keys.version, 0x03, i);
    return { data: concat(diversificationData, info, challenge, cryptogram, sequenceCounter), sw: StatusWord.SUCCESS };
  }

  /** Answers 84 82 level 00. A wrong MAC or cryptogram closes the session; the chip counts it. */
  externalAuthenticate(command: ParsedCommandApdu): ResponseApdu {
    const session = this.#session;
    if (session === undefined || this.#authenticated) {
      this.close();
      return refuse(StatusWord.CONDITIONS_NOT_SATISFIED);
    }
    const level = SECURITY_LEVELS.find((known) => known === command.p1);
    if (level === undefined || command.p2 !== 0) {
      this.close();
      return refuse(StatusWord.INCORRECT_P1_P2);
    }
    const plain = session.unwrapCommand(command);
    if (plain === undefined) {
      this.close();
      return refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
    }
    if (!equalConstantTime(plain.data, session.cryptogram(DerivationConstant.HOST_CRYPTOGRAM))) {
      this.close();
      return refuse(StatusWord.AUTHENTICATION_FAILED);
    }
    session.authenticated(level);
    this.#authenticated = true;
    return refuse(StatusWord.SUCCESS);
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

  /** Undoes `SecureChannel.encryptSensitive`, padding left in place; undefined when the length is not whole blocks. */
  decryptSensitive(data: Uint8Array): Uint8Array | undefined {
    if (data.length === 0 || data.length % 16 !== 0) return undefined;
    return aesCbc('decrypt', this.#keys.dek.reveal(), new Uint8Array(16), data);
  }

  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
    this.#authenticated = false;
  }
}

function refuse(sw: number): ResponseApdu {
  return { data: NO_DATA, sw };
}
