import { expectSuccess, openChannel, type Transceiver } from '#encoder/apdu';
import { ByteReader, DecodeError, equalConstantTime } from '#encoder/bytes';
import { everySet, type OfferedKeys, setNamed, versionAsked } from './offered-keys.ts';
import { ScpError } from './scp-error.ts';
import { pseudoRandomChallenge, type Scp02SecurityLevel, Scp02Session } from './scp02-session.ts';
import { establish, keySetName, type InitializeUpdateResponse, type SecureChannel } from './secure-channel.ts';

export interface Scp02Options {
  /** 8 random bytes, fresh for every channel; a parameter so that vectors can be reproduced. */
  readonly hostChallenge: Uint8Array;
  /** 0x03, commands authenticated and encrypted, unless told otherwise. */
  readonly securityLevel?: Scp02SecurityLevel;
  /**
   * For a chip with i = 55: the AID of the application that opens the channel, from which the chip's challenge must follow. The answer
   * to INITIALIZE UPDATE does not say i: without this, as with i = 15, any challenge is taken.
   */
  readonly challengeAid?: Uint8Array;
}

const KEY_BYTES = 16;
const CHALLENGE_BYTES = 8;
const DEFAULT_LEVEL = 0x03;

/**
 * Opens SCP02 with i = 15 or i = 55 (GPC v2.3.1 annex E), for chips personalised by EMV CPS: INITIALIZE UPDATE, the chip proves its keys
 * first, then EXTERNAL AUTHENTICATE. One try only: a chip counts failures, and a wrong key set must never run that counter
 * out. Of several sets the chip names the one. The answers of the chip are not protected by these options: what must be certain is read back by other means.
 *
 * Errors: `ScpError` SCP_NOT_ASKED (nothing sent), SCP_ANSWER_INVALID, SCP_KEY_VERSION, SCP_CARD_CRYPTOGRAM, SCP_HOST_REFUSED;
 * `CardError` CARD_REFUSED when INITIALIZE UPDATE is refused; the reader's own.
 */
export async function openScp02(transceiver: Transceiver, offered: OfferedKeys, options: Scp02Options): Promise<SecureChannel> {
  const { hostChallenge, challengeAid, securityLevel = DEFAULT_LEVEL } = options;
  checkParameters(offered, hostChallenge);
  const channel = openChannel(transceiver);
  const answer = await channel.send({ cla: 0x80, ins: 0x50, p1: versionAsked(offered), p2: 0, data: hostChallenge, le: 256 });
  const card = parseScp02InitializeUpdate(expectSuccess(answer, 'INITIALIZE UPDATE'));
  const keys = setNamed(offered, card);
  if (
    challengeAid !== undefined &&
    !equalConstantTime(pseudoRandomChallenge(keys, card.sequenceCounter, challengeAid), card.cardChallenge)
  ) {
    throw new ScpError('SCP_CARD_CRYPTOGRAM', {
      where: keySetName(card.keyVersion),
      detail: 'the card challenge does not follow from it',
    });
  }
  const session = new Scp02Session(keys, { host: hostChallenge, sequenceCounter: card.sequenceCounter, card: card.cardChallenge });
  return establish(channel, session, { card, securityLevel });
}

function checkParameters(offered: OfferedKeys, hostChallenge: Uint8Array): void {
  if (everySet(offered).some(({ enc, mac, dek }) => [enc, mac, dek].some((key) => key.length !== KEY_BYTES))) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'keys', detail: 'three triple DES keys of 16 bytes are needed' });
  }
  if (hostChallenge.length !== CHALLENGE_BYTES) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'host challenge', detail: `${hostChallenge.length} bytes, ${CHALLENGE_BYTES} needed` });
  }
}

/** GPC v2.3.1 §E.5.1.5, 28 bytes. Throws `ScpError` SCP_ANSWER_INVALID: another protocol than SCP02, or another length. */
export function parseScp02InitializeUpdate(data: Uint8Array): InitializeUpdateResponse & { readonly sequenceCounter: Uint8Array } {
  try {
    const reader = new ByteReader(data, 'INITIALIZE UPDATE');
    const diversificationData = reader.take(10, 'key diversification data');
    const keyVersion = reader.uint(1, 'key version');
    const protocol = reader.uint(1, 'protocol');
    if (protocol !== 0x02) throw reader.error('BYTES_UNEXPECTED', 'protocol', `SCP${protocol.toString(16).padStart(2, '0')}`);
    const sequenceCounter = reader.take(2, 'sequence counter');
    const cardChallenge = reader.take(6, 'card challenge');
    const cardCryptogram = reader.take(8, 'card cryptogram');
    reader.end();
    return { diversificationData, keyVersion, cardChallenge, cardCryptogram, sequenceCounter };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new ScpError('SCP_ANSWER_INVALID', { where: cause.where ?? 'INITIALIZE UPDATE', cause });
  }
}
