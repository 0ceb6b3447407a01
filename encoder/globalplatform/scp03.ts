import { expectSuccess, openChannel, type Transceiver } from '#encoder/apdu';
import { ByteReader, DecodeError } from '#encoder/bytes';
import { everySet, type OfferedKeys, setNamed, versionAsked } from './offered-keys.ts';
import { ScpError } from './scp-error.ts';
import { Scp03Session, type SecurityLevel } from './scp03-session.ts';
import { establish, type InitializeUpdateResponse, type SecureChannel } from './secure-channel.ts';

export interface Scp03Options {
  /** 8 random bytes (S8) or 16 (S16): fresh for every channel, a parameter so that vectors can be reproduced. */
  readonly hostChallenge: Uint8Array;
  /** 0x33, everything protected both ways, unless told otherwise. */
  readonly securityLevel?: SecurityLevel;
}

/** SCP03 says its implementation options too (GPC Amendment D v1.2 §7.1.1). */
export interface Scp03InitializeUpdateResponse extends InitializeUpdateResponse {
  readonly i: number;
}

/**
 * Opens SCP03 (GPC Amendment D v1.2 §5): INITIALIZE UPDATE, the chip proves its keys first, then EXTERNAL AUTHENTICATE. One try only:
 * a chip counts failures, and a wrong key set must never run that counter out. Of several sets the chip names the one.
 *
 * Errors: `ScpError` SCP_NOT_ASKED (nothing sent), SCP_ANSWER_INVALID, SCP_KEY_VERSION, SCP_CARD_CRYPTOGRAM, SCP_HOST_REFUSED;
 * `CardError` CARD_REFUSED when INITIALIZE UPDATE is refused; the reader's own.
 */
export async function openScp03(transceiver: Transceiver, offered: OfferedKeys, options: Scp03Options): Promise<SecureChannel> {
  checkParameters(offered, options);
  const securityLevel = options.securityLevel ?? 0x33;
  const channel = openChannel(transceiver);
  const answer = await channel.send({ cla: 0x80, ins: 0x50, p1: versionAsked(offered), p2: 0, data: options.hostChallenge, le: 256 });
  const card = parseInitializeUpdate(expectSuccess(answer, 'INITIALIZE UPDATE'), options.hostChallenge.length);
  return establish(channel, new Scp03Session(setNamed(offered, card), options.hostChallenge, card.cardChallenge), { card, securityLevel });
}

function checkParameters(offered: OfferedKeys, { hostChallenge }: Scp03Options): void {
  for (const { enc, mac, dek } of everySet(offered)) {
    const lengths = new Set([enc.length, mac.length, dek.length]);
    if (lengths.size !== 1 || ![16, 24, 32].includes(enc.length)) {
      throw new ScpError('SCP_NOT_ASKED', { where: 'keys', detail: 'three AES keys of one length are needed' });
    }
  }
  if (hostChallenge.length !== 8 && hostChallenge.length !== 16) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'host challenge', detail: `${hostChallenge.length} bytes, 8 or 16 needed` });
  }
}

/** Throws `ScpError` SCP_ANSWER_INVALID: another protocol than SCP03, another mode, or lengths that do not fit. */
export function parseInitializeUpdate(data: Uint8Array, challengeLength: number): Scp03InitializeUpdateResponse {
  try {
    const reader = new ByteReader(data, 'INITIALIZE UPDATE');
    const diversificationData = reader.take(10, 'key diversification data');
    const keyVersion = reader.uint(1, 'key version');
    const protocol = reader.uint(1, 'protocol');
    if (protocol !== 0x03) throw reader.error('BYTES_UNEXPECTED', 'protocol', `SCP${protocol.toString(16).padStart(2, '0')}`);
    const i = reader.uint(1, 'i');
    const cardChallenge = reader.take(challengeLength, 'card challenge');
    const cardCryptogram = reader.take(challengeLength, 'card cryptogram');
    const sequenceCounter = reader.remaining === 0 ? undefined : reader.take(3, 'sequence counter');
    reader.end();
    return { diversificationData, keyVersion, i, cardChallenge, cardCryptogram, sequenceCounter };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new ScpError('SCP_ANSWER_INVALID', { where: cause.where ?? 'INITIALIZE UPDATE', cause });
  }
}
