import { type ParsedCommandApdu, type ResponseApdu, StatusWord } from '#encoder/apdu';
import { concat } from '#encoder/bytes';
import { answerStatus, ScpCardSession } from './scp-card.ts';
import { pseudoRandomChallenge, SCP02_SECURITY_LEVELS, type Scp02Keys, type Scp02SecurityLevel, Scp02Session } from './scp02-session.ts';

export interface Scp02CardOptions {
  /** 10 bytes, sent in clear in every answer to INITIALIZE UPDATE. */
  readonly diversificationData: Uint8Array;
  /** 2 bytes; the chip counts it up in its own memory after each EXTERNAL AUTHENTICATE that it accepted (GPC v2.3.1 §E.1.2.2). */
  readonly sequenceCounter: Uint8Array;
  /** i = 15: 6 random bytes. i = 55: the AID of the application that opens the channel. */
  readonly challenge: { readonly random: Uint8Array } | { readonly aid: Uint8Array };
}

const PROTOCOL = 0x02;

/** The chip's end of one SCP02 session with i = 15 or i = 55. */
export class Scp02CardSession extends ScpCardSession<Scp02SecurityLevel> {
  readonly protocol = 'SCP02';
  readonly #keys: Scp02Keys;
  readonly #options: Scp02CardOptions;

  constructor(keys: Scp02Keys, options: Scp02CardOptions) {
    super(SCP02_SECURITY_LEVELS);
    this.#keys = keys;
    this.#options = options;
  }

  initializeUpdate(command: ParsedCommandApdu): ResponseApdu {
    this.close();
    if (command.data.length !== 8) return answerStatus(StatusWord.WRONG_LENGTH);
    if (command.p2 !== 0) return answerStatus(StatusWord.INCORRECT_P1_P2);
    if (command.p1 !== 0 && command.p1 !== this.#keys.version) return answerStatus(StatusWord.REFERENCED_DATA_NOT_FOUND);
    const { diversificationData, sequenceCounter, challenge } = this.#options;
    const card = 'aid' in challenge ? pseudoRandomChallenge(this.#keys, sequenceCounter, challenge.aid) : challenge.random;
    const session = this.begin(new Scp02Session(this.#keys, { host: command.data, sequenceCounter, card }));
    const info = Uint8Array.of(this.#keys.version, PROTOCOL);
    return { data: concat(diversificationData, info, sequenceCounter, card, session.cardCryptogram()), sw: StatusWord.SUCCESS };
  }
}
