import type { CommandApdu, ParsedCommandApdu, ResponseApdu } from '#encoder/apdu';
import type { Secret } from '#encoder/bytes';

/** Static keys of one key set in one chip. SCP02: two-key triple DES, 16 bytes. SCP03: AES-128, -192 or -256, all of one length. */
export interface ScpKeys {
  readonly enc: Secret;
  readonly mac: Secret;
  readonly dek: Secret;
  /** Key version number, P1 of INITIALIZE UPDATE; 0 takes the chip's first key set. */
  readonly version: number;
}

/** GlobalPlatform secure messaging is bit 3 of the class byte, with the proprietary and the interindustry class. */
export const SM_CLASS_BIT = 0x04;

/** Security level bit of command encryption, in both protocols. */
export const C_DECRYPTION = 0x02;

/**
 * What both ends keep for one session of SCP02 or SCP03: session keys and everything that moves with each command. The two ends hold
 * the same values and call opposite halves.
 */
export interface ScpSession {
  readonly protocol: 'SCP02' | 'SCP03';
  readonly level: number;
  /** Greatest number of data bytes in one short command at the level in force. */
  readonly shortDataMax: number;
  cardCryptogram(): Uint8Array;
  hostCryptogram(): Uint8Array;
  /** Terminal side: throws `ScpError` SCP_NOT_ASKED for a command that the protocol cannot carry; no state has moved. */
  checkCommand(command: CommandApdu): void;
  /** Terminal side, for EXTERNAL AUTHENTICATE itself (C-MAC only) and for every command after it. */
  wrapCommand(command: CommandApdu): CommandApdu;
  /** Card side: the plain command, or undefined when its MAC or padding is wrong. */
  unwrapCommand(command: ParsedCommandApdu): ParsedCommandApdu | undefined;
  /** Card side. */
  wrapResponse(response: ResponseApdu): ResponseApdu;
  /** Terminal side: the plain response, or undefined when its MAC or padding is wrong. */
  unwrapResponse(response: ResponseApdu): ResponseApdu | undefined;
  /** Both ends, once EXTERNAL AUTHENTICATE is through: the level is in force from the next command on. */
  authenticated(level: number): void;
  /** Both ends, after a command and its response. */
  advance(): void;
  /** Terminal side: see `SecureChannel.encryptSensitive`. */
  encryptSensitive(data: Uint8Array): Uint8Array;
  /** Card side: undoes it, padding left in place; undefined when the length is not whole blocks. */
  decryptSensitive(data: Uint8Array): Uint8Array | undefined;
  /** Both ends: every session key is overwritten. */
  destroy(): void;
}
