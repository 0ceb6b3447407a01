import { type ApduChannel, type CommandApdu, expectSuccess, isRefusal, type ResponseApdu } from '#encoder/apdu';
import { equalConstantTime } from '#encoder/bytes';
import { ScpError } from './scp-error.ts';
import type { ScpSession } from './scp-session.ts';

/** What a chip says in its answer to INITIALIZE UPDATE, whatever the protocol. */
export interface InitializeUpdateResponse {
  /** 10 bytes. */
  readonly diversificationData: Uint8Array;
  readonly keyVersion: number;
  /** 6 bytes with SCP02; 8 (S8) or 16 (S16) with SCP03. */
  readonly cardChallenge: Uint8Array;
  readonly cardCryptogram: Uint8Array;
  /** 2 bytes with SCP02; 3 with SCP03, where it is present only when the card challenge is pseudo-random (i & 10). */
  readonly sequenceCounter: Uint8Array | undefined;
}

/** An open channel to a chip. A driver takes either protocol through this one form. */
export interface SecureChannel extends ApduChannel {
  readonly protocol: ScpSession['protocol'];
  readonly card: InitializeUpdateResponse;
  /** P1 of EXTERNAL AUTHENTICATE. */
  readonly securityLevel: number;
  /** Greatest number of data bytes that one short command carries at this security level: `blockMax` of `storeData`. */
  readonly shortDataMax: number;
  /**
   * Sensitive data under the data encryption key: AES-CBC with a zero ICV (SCP03, GPC Amendment D v1.2 §6.2.8), triple DES in ECB
   * under the session's own key (SCP02, GPC v2.3.1 §E.4.7). Key material of whole blocks goes in as it is; anything else
   * is padded with 80 00 … first.
   */
  encryptSensitive(data: Uint8Array): Uint8Array;
  /** Forgets the session keys. The static keys stay the caller's to destroy. */
  close(): void;
}

/** Where SCP_CARD_CRYPTOGRAM is: the set that the chip named and does not prove. */
export function keySetName(version: number): string {
  return `key set ${version}`;
}

/**
 * The second half of every explicit initiation (GPC v2.3.1 §E.1.2.2, Amendment D v1.2 §5.2): the chip's cryptogram is checked first,
 * then EXTERNAL AUTHENTICATE. One try only. The session is destroyed when it fails.
 */
export async function establish(
  channel: ApduChannel,
  session: ScpSession,
  { card, securityLevel }: { readonly card: InitializeUpdateResponse; readonly securityLevel: number },
): Promise<SecureChannel> {
  try {
    if (!equalConstantTime(session.cardCryptogram(), card.cardCryptogram)) {
      throw new ScpError('SCP_CARD_CRYPTOGRAM', { where: keySetName(card.keyVersion) });
    }
    await authenticateHost(channel, session, securityLevel);
  } catch (error) {
    session.destroy();
    throw error;
  }
  return secureChannel(channel, session, { card, securityLevel });
}

async function authenticateHost(channel: ApduChannel, session: ScpSession, level: number): Promise<void> {
  const data = session.hostCryptogram();
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
  session: ScpSession,
  { card, securityLevel }: { readonly card: InitializeUpdateResponse; readonly securityLevel: number },
): SecureChannel {
  let open = true;
  const close = (): void => {
    open = false;
    session.destroy();
  };
  return {
    protocol: session.protocol,
    card,
    securityLevel,
    shortDataMax: session.shortDataMax,
    close,
    async send(command: CommandApdu): Promise<ResponseApdu> {
      if (!open) throw new ScpError('SCP_CLOSED');
      session.checkCommand(command);
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
      return session.encryptSensitive(data);
    },
  };
}
