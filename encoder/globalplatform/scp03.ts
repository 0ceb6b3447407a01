import { aesCbc, pad2 } from '#encoder/access';
import {
  type ApduChannel,
  type CommandApdu,
  expectSuccess,
  isRefusal,
  openChannel,
  type ResponseApdu,
  type Transceiver,
} from '#encoder/apdu';
import { ByteReader, DecodeError, equalConstantTime } from '#encoder/bytes';
import { DerivationConstant } from './kdf.ts';
import { type Scp03Keys, Scp03Session, type SecurityLevel } from './scp03-session.ts';
import { ScpError } from './scp-error.ts';

export interface Scp03Options {
  /** 8 random bytes (S8) or 16 (S16): fresh for every channel, a parameter so that vectors can be reproduced. */
  readonly hostChallenge: Uint8Array;
  /** 0x33, everything protected both ways, unless told otherwise. */
  readonly securityLevel?: SecurityLevel;
}

/** What the chip says in its answer to INITIALIZE UPDATE (GPC Amendment D v1.2 §7.1.1). */
export interface InitializeUpdateResponse {
  /** 10 bytes. */
  readonly diversificationData: Uint8Array;
  readonly keyVersion: number;
  readonly i: number;
  readonly cardChallenge: Uint8Array;
  readonly cardCryptogram: Uint8Array;
  /** 3 bytes, present when the card challenge is pseudo-random (i & 10). */
  readonly sequenceCounter: Uint8Array | undefined;
}

export interface SecureChannel extends ApduChannel {
  readonly card: InitializeUpdateResponse;
  readonly securityLevel: SecurityLevel;
  /**
   * Sensitive data under the key set's data encryption key: AES-CBC, zero ICV (GPC Amendment D v1.2 §6.2.8). Key material
   * of whole blocks goes in as it is; anything else is padded with 80 00 … first.
   */
  encryptSensitive(data: Uint8Array): Uint8Array;
  /** Forgets the session keys. The static keys stay the caller's to destroy. */
  close(): void;
}

/**
 * Opens SCP03 (GPC Amendment D v1.2 §5): INITIALIZE UPDATE, the chip proves its keys first, then EXTERNAL AUTHENTICATE. One try only:
 * a chip counts failures, and a wrong key set must never run that counter out.
 *
 * Errors: `ScpError` SCP_NOT_ASKED (nothing sent), SCP_ANSWER_INVALID, SCP_CARD_CRYPTOGRAM, SCP_HOST_REFUSED;
 * `CardError` CARD_REFUSED when INITIALIZE UPDATE is refused; the reader's own.
 */
export async function openScp03(transceiver: Transceiver, keys: Scp03Keys, options: Scp03Options): Promise<SecureChannel> {
  checkParameters(keys, options);
  const securityLevel = options.securityLevel ?? 0x33;
  const channel = openChannel(transceiver);
  const answer = await channel.send({ cla: 0x80, ins: 0x50, p1: keys.version, p2: 0, data: options.hostChallenge, le: 256 });
  const card = parseInitializeUpdate(expectSuccess(answer, 'INITIALIZE UPDATE'), options.hostChallenge.length);
  const session = new Scp03Session(keys, options.hostChallenge, card.cardChallenge);
  try {
    if (!equalConstantTime(session.cryptogram(DerivationConstant.CARD_CRYPTOGRAM), card.cardCryptogram)) {
      throw new ScpError('SCP_CARD_CRYPTOGRAM', { where: `key set ${card.keyVersion}` });
    }
    await authenticateHost(channel, session, securityLevel);
  } catch (error) {
    session.destroy();
    throw error;
  }
  return secureChannel(channel, { session, keys, card, securityLevel });
}

function checkParameters(keys: Scp03Keys, { hostChallenge }: Scp03Options): void {
  const lengths = new Set([keys.enc.length, keys.mac.length, keys.dek.length]);
  if (lengths.size !== 1 || ![16, 24, 32].includes(keys.enc.length)) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'keys', detail: 'three AES keys of one length are needed' });
  }
  if (hostChallenge.length !== 8 && hostChallenge.length !== 16) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'host challenge', detail: `${hostChallenge.length} bytes, 8 or 16 needed` });
  }
}

/** Throws `ScpError` SCP_ANSWER_INVALID: another protocol than SCP03, another mode, or lengths that do not fit. */
export function parseInitializeUpdate(data: Uint8Array, challengeLength: number): InitializeUpdateResponse {
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

async function authenticateHost(channel: ApduChannel, session: Scp03Session, level: SecurityLevel): Promise<void> {
  const data = session.cryptogram(DerivationConstant.HOST_CRYPTOGRAM);
  const answer = await channel.send(session.wrapCommand({ cla: 0x80, ins: 0x82, p1: level, p2: 0, data }));
  try {
    expectSuccess(answer, 'EXTERNAL AUTHENTICATE');
  } catch (cause) {
    throw isRefusal(cause)
      ? new ScpError('SCP_HOST_REFUSED', { where: 'EXTERNAL AUTHENTICATE', detail: cause.detail ?? '', cause })
      : cause;
  }
  session.authenticated(level);
}

function secureChannel(
  channel: ApduChannel,
  state: { session: Scp03Session; keys: Scp03Keys; card: InitializeUpdateResponse; securityLevel: SecurityLevel },
): SecureChannel {
  const { session, keys, card, securityLevel } = state;
  let open = true;
  const close = (): void => {
    open = false;
    session.destroy();
  };
  return {
    card,
    securityLevel,
    close,
    async send(command: CommandApdu): Promise<ResponseApdu> {
      if (!open) throw new ScpError('SCP_CLOSED');
      let answer: ResponseApdu;
      try {
        answer = await channel.send(session.wrapCommand(command));
      } catch (error) {
        // Whether the chip saw the command is unknown, and with it where its chaining value stands.
        close();
        throw error;
      }
      const plain = session.unwrapResponse(answer);
      if (plain === undefined) {
        close();
        throw new ScpError('SCP_RESPONSE_MAC', { where: `INS ${command.ins.toString(16).toUpperCase()}` });
      }
      session.advance();
      return plain;
    },
    encryptSensitive(data: Uint8Array): Uint8Array {
      if (!open) throw new ScpError('SCP_CLOSED');
      const blocks = data.length > 0 && data.length % 16 === 0 ? data : pad2(data, 16);
      return aesCbc('encrypt', keys.dek.reveal(), new Uint8Array(16), blocks);
    },
  };
}
