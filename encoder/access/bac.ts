import { type ApduChannel, type CardError, expectSuccess, isRefusal, type ParsedCommandApdu, StatusWord, statusName } from '#encoder/apdu';
import { concat, equalConstantTime, xor } from '#encoder/bytes';
import { AccessError } from './access-error.ts';
import { tdesCbc } from './cipher.ts';
import { CIPHER_SUITES, deriveSessionKeys, type SessionKeys } from './cipher-suite.ts';
import { retailMac } from './mac.ts';
import { basicAccessKeys } from './password.ts';
import { secureMessaging, type SmChannel, SmSession } from './secure-messaging.ts';
import { answer, type CardStep, type RandomSource } from './session-result.ts';

const NONCE = 8;
const KEYING = 16;
const CRYPTOGRAM = 32;
const MAC = 8;

/**
 * Basic Access Control, terminal side (Doc 9303-11 §4.3): GET CHALLENGE, EXTERNAL AUTHENTICATE, then secure messaging
 * with 3DES. The eMRTD application must be selected. `random` gives RND.IFD (8 bytes), then K.IFD (16).
 *
 * Errors: `AccessError` ACCESS_PASSWORD_WRONG when the chip refuses or its proof does not fit, ACCESS_ANSWER_INVALID;
 * `CardError` CARD_REFUSED when it gives no challenge.
 */
export async function openBac(
  channel: ApduChannel,
  { mrzInformation, random }: { readonly mrzInformation: string; readonly random: RandomSource },
): Promise<SmChannel> {
  const rndIc = expectSuccess(await channel.send({ cla: 0, ins: 0x84, p1: 0, p2: 0, le: NONCE }), 'GET CHALLENGE');
  if (rndIc.length !== NONCE)
    throw new AccessError('ACCESS_ANSWER_INVALID', { where: 'BAC/GET CHALLENGE', detail: `${rndIc.length} bytes` });
  const keys = basicAccessKeys(mrzInformation);
  const rndIfd = random(NONCE);
  const kIfd = random(KEYING);
  try {
    const data = seal(keys, concat(rndIfd, rndIc, kIfd));
    const proof = await externalAuthenticate(channel, data);
    const r = unseal(keys, proof);
    if (r === undefined || !equalConstantTime(r.subarray(0, 2 * NONCE), concat(rndIc, rndIfd))) {
      throw new AccessError('ACCESS_PASSWORD_WRONG', { where: 'BAC/EXTERNAL AUTHENTICATE', detail: 'the proof of the chip' });
    }
    return secureMessaging(channel, sessionOf({ rndIc, rndIfd, kIc: r.subarray(2 * NONCE), kIfd }));
  } finally {
    kIfd.fill(0);
    wipe(keys);
  }
}

async function externalAuthenticate(channel: ApduChannel, data: Uint8Array): Promise<Uint8Array> {
  const response = await channel.send({ cla: 0, ins: 0x82, p1: 0, p2: 0, data, le: CRYPTOGRAM + MAC });
  try {
    return expectSuccess(response, 'EXTERNAL AUTHENTICATE');
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    throw wrongPassword('BAC/EXTERNAL AUTHENTICATE', cause);
  }
}

/** Refusals that mean a wrong password are told from those that mean an unfit command. */
export function wrongPassword(where: string, cause: CardError): AccessError {
  const sw = cause.sw ?? 0;
  const wrong = sw === StatusWord.AUTHENTICATION_FAILED || (sw & 0xfff0) === 0x63c0 || sw === StatusWord.SECURITY_STATUS_NOT_SATISFIED;
  return new AccessError(wrong || sw === StatusWord.SM_OBJECTS_INCORRECT ? 'ACCESS_PASSWORD_WRONG' : 'ACCESS_REFUSED', {
    where,
    detail: statusName(sw),
    cause,
  });
}

/** The chip's end of BAC. One object serves one card session: a challenge is good for one EXTERNAL AUTHENTICATE. */
export class BacCardSession {
  readonly #mrzInformation: string;
  readonly #random: RandomSource;
  #rndIc: Uint8Array | undefined;

  constructor(mrzInformation: string, random: RandomSource) {
    this.#mrzInformation = mrzInformation;
    this.#random = random;
  }

  /** Answers 00 84 00 00 08. */
  getChallenge(command: ParsedCommandApdu): CardStep {
    if (command.le !== NONCE) return answer(StatusWord.WRONG_LENGTH);
    if (command.p1 !== 0 || command.p2 !== 0) return answer(StatusWord.INCORRECT_P1_P2);
    this.#rndIc = this.#random(NONCE);
    return answer(StatusWord.SUCCESS, this.#rndIc);
  }

  /** Answers 00 82 00 00 28: with `session`, secure messaging begins with the next command. */
  externalAuthenticate(command: ParsedCommandApdu): CardStep {
    const rndIc = this.#rndIc;
    this.#rndIc = undefined;
    if (rndIc === undefined) return answer(StatusWord.CONDITIONS_NOT_SATISFIED);
    if (command.data.length !== CRYPTOGRAM + MAC) return answer(StatusWord.WRONG_LENGTH);
    const keys = basicAccessKeys(this.#mrzInformation);
    try {
      const s = unseal(keys, command.data);
      if (s === undefined || !equalConstantTime(s.subarray(NONCE, 2 * NONCE), rndIc)) return answer(StatusWord.AUTHENTICATION_FAILED);
      const rndIfd = s.slice(0, NONCE);
      const kIc = this.#random(KEYING);
      const response = { data: seal(keys, concat(rndIc, rndIfd, kIc)), sw: StatusWord.SUCCESS };
      return { response, session: sessionOf({ rndIc, rndIfd, kIc, kIfd: s.subarray(2 * NONCE) }) };
    } finally {
      wipe(keys);
    }
  }
}

/** E || MAC(E), 32 + 8 bytes (Doc 9303-11 §4.3.3). Wipes the plain text, which holds keying material. */
function seal(keys: SessionKeys, plain: Uint8Array): Uint8Array {
  const encrypted = tdesCbc('encrypt', keys.enc.reveal(), plain);
  plain.fill(0);
  return concat(encrypted, retailMac(keys.mac.reveal(), encrypted));
}

function unseal(keys: SessionKeys, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length !== CRYPTOGRAM + MAC) return undefined;
  const encrypted = sealed.subarray(0, CRYPTOGRAM);
  if (!equalConstantTime(retailMac(keys.mac.reveal(), encrypted), sealed.subarray(CRYPTOGRAM))) return undefined;
  return tdesCbc('decrypt', keys.enc.reveal(), encrypted);
}

/** Session keys from K.IC xor K.IFD; the counter from the last four bytes of both nonces (Doc 9303-11 §4.3.1, §9.8.6.3). */
function sessionOf(parts: { rndIc: Uint8Array; rndIfd: Uint8Array; kIc: Uint8Array; kIfd: Uint8Array }): SmSession {
  const seed = xor(parts.kIc, parts.kIfd);
  const keys = deriveSessionKeys(CIPHER_SUITES['3DES'], seed);
  for (const secret of [seed, parts.kIc, parts.kIfd]) secret.fill(0);
  return new SmSession(CIPHER_SUITES['3DES'], keys, concat(parts.rndIc.subarray(4), parts.rndIfd.subarray(4)));
}

function wipe(keys: SessionKeys): void {
  keys.enc.destroy();
  keys.mac.destroy();
}
