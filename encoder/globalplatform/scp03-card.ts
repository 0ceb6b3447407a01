import { type ParsedCommandApdu, type ResponseApdu, StatusWord } from '#encoder/apdu';
import { concat } from '#encoder/bytes';
import { DerivationConstant, deriveScp03 } from './kdf.ts';
import { answerStatus, ScpCardSession } from './scp-card.ts';
import { type Scp03Keys, Scp03Session, SECURITY_LEVELS, type SecurityLevel } from './scp03-session.ts';

export interface Scp03CardOptions {
  /** 10 bytes, sent in clear in every answer to INITIALIZE UPDATE. */
  readonly diversificationData: Uint8Array;
  /** 3 bytes; the chip counts it up in its own memory with every session, before it answers. */
  readonly sequenceCounter: Uint8Array;
  /** AID of the selected security domain: part of the pseudo-random card challenge (GPC Amendment D v1.2 §6.2.2.1). */
  readonly aid: Uint8Array;
}

/** Pseudo-random card challenge, R-MAC and R-ENCRYPTION supported (GPC Amendment D v1.2 table 5-1); bit 1 says S16. */
const I_PARAMETER = 0x70;
const I_S16 = 0x01;

/** The chip's end of one SCP03 session. */
export class Scp03CardSession extends ScpCardSession<SecurityLevel> {
  readonly protocol = 'SCP03';
  readonly #keys: Scp03Keys;
  readonly #options: Scp03CardOptions;

  constructor(keys: Scp03Keys, options: Scp03CardOptions) {
    super(SECURITY_LEVELS);
    this.#keys = keys;
    this.#options = options;
  }

  /** The host challenge's length (8 or 16) picks S8 or S16. */
  initializeUpdate(command: ParsedCommandApdu): ResponseApdu {
    this.close();
    const host = command.data;
    if (host.length !== 8 && host.length !== 16) return answerStatus(StatusWord.WRONG_LENGTH);
    if (command.p2 !== 0) return answerStatus(StatusWord.INCORRECT_P1_P2);
    if (command.p1 !== 0 && command.p1 !== this.#keys.version) return answerStatus(StatusWord.REFERENCED_DATA_NOT_FOUND);
    const { diversificationData, sequenceCounter, aid } = this.#options;
    const challenge = deriveScp03(this.#keys.enc.reveal(), DerivationConstant.CARD_CHALLENGE, concat(sequenceCounter, aid), host.length);
    const session = this.begin(new Scp03Session(this.#keys, host, challenge));
    const i = host.length === 16 ? I_PARAMETER | I_S16 : I_PARAMETER;
    const info = Uint8Array.of(this.#keys.version, 0x03, i);
    return { data: concat(diversificationData, info, challenge, session.cardCryptogram(), sequenceCounter), sw: StatusWord.SUCCESS };
  }
}
