import { pad2, retailMac, tdesCbc, tdesEcb, unpad2 } from '#encoder/access';
import { type CommandApdu, isExtended, type ParsedCommandApdu, type ResponseApdu, SHORT_DATA_MAX } from '#encoder/apdu';
import { concat, equalConstantTime, Secret, uintBE } from '#encoder/bytes';
import { ScpError } from './scp-error.ts';
import { C_DECRYPTION, SM_CLASS_BIT, type ScpKeys, type ScpSession } from './scp-session.ts';

/** Static keys of one SCP02 key set: two-key triple DES, 16 bytes each. */
export type Scp02Keys = ScpKeys;

/**
 * Security levels of i = 15 and i = 55 (GPC v2.3.1 §E.5.2.3, P1 of EXTERNAL AUTHENTICATE): C-MAC 01, C-DECRYPTION 02. These options have
 * no R-MAC: what the chip answers is neither authenticated nor encrypted.
 */
export const SCP02_SECURITY_LEVELS = [0x01, 0x03] as const;
export type Scp02SecurityLevel = (typeof SCP02_SECURITY_LEVELS)[number];

/** Constants of the session key derivation data (GPC v2.3.1 §E.4.1). */
const SessionKeyConstant = { C_MAC: 0x0101, DEK: 0x0181, ENC: 0x0182 } as const;

const DES_BLOCK = 8;
const MAC_BYTES = 8;
const NO_DATA = new Uint8Array(0);

/**
 * What both ends keep for one session of SCP02 with i = 15 or i = 55 (GPC v2.3.1 annex E): three base keys, explicit initiation, C-MAC on
 * the modified APDU, ICV zero at first and encrypted afterwards. The two options differ in the card challenge alone.
 */
export class Scp02Session implements ScpSession {
  readonly protocol = 'SCP02';
  readonly #sEnc: Secret;
  readonly #sMac: Secret;
  readonly #sDek: Secret;
  readonly #hostChallenge: Uint8Array;
  /** Sequence counter || card challenge: 8 bytes. */
  readonly #cardNonce: Uint8Array;
  /** The C-MAC before this one; none before EXTERNAL AUTHENTICATE. */
  #lastMac: Uint8Array = NO_DATA;
  #level = 0x01;

  constructor(keys: Scp02Keys, challenges: { readonly host: Uint8Array; readonly sequenceCounter: Uint8Array; readonly card: Uint8Array }) {
    const { sequenceCounter } = challenges;
    this.#hostChallenge = challenges.host;
    this.#cardNonce = concat(sequenceCounter, challenges.card);
    this.#sEnc = deriveSessionKey(keys.enc, SessionKeyConstant.ENC, sequenceCounter);
    this.#sMac = deriveSessionKey(keys.mac, SessionKeyConstant.C_MAC, sequenceCounter);
    this.#sDek = deriveSessionKey(keys.dek, SessionKeyConstant.DEK, sequenceCounter);
  }

  get level(): number {
    return this.#level;
  }

  /** SCP02 knows short APDUs only: 255 bytes less the MAC, and less at least one byte of padding when encrypted. */
  get shortDataMax(): number {
    const max = SHORT_DATA_MAX - MAC_BYTES;
    return (this.#level & C_DECRYPTION) === 0 ? max : Math.floor(max / DES_BLOCK) * DES_BLOCK - 1;
  }

  cardCryptogram(): Uint8Array {
    return this.#cryptogram(concat(this.#hostChallenge, this.#cardNonce));
  }

  hostCryptogram(): Uint8Array {
    return this.#cryptogram(concat(this.#cardNonce, this.#hostChallenge));
  }

  checkCommand(command: CommandApdu): void {
    const length = command.data?.length ?? 0;
    if (isExtended(command) || length > this.shortDataMax) {
      throw new ScpError('SCP_NOT_ASKED', {
        where: 'SCP02',
        detail: `${length} bytes of data, at most ${this.shortDataMax} in a short command`,
      });
    }
  }

  /** The C-MAC is over the data in clear (GPC v2.3.1 §E.4.4), which is encrypted afterwards (§E.4.6). */
  wrapCommand(command: CommandApdu): CommandApdu {
    const plain = command.data ?? NO_DATA;
    const modified = { ...command, cla: command.cla | SM_CLASS_BIT };
    const mac = this.#commandMac(modified, plain);
    const data = this.#encrypts(plain) ? tdesCbc('encrypt', this.#sEnc.reveal(), pad2(plain, DES_BLOCK)) : plain;
    return { ...modified, data: concat(data, mac) };
  }

  /**
   * The MAC is computed and compared even when the padding is wrong, and both failures look the same: SCP02 decrypts before it verifies, which
   * is the padding oracle of Avoine and Ferreira (TCHES 2018). The caller closes the session at the first failure.
   */
  unwrapCommand(command: ParsedCommandApdu): ParsedCommandApdu | undefined {
    if ((command.cla & SM_CLASS_BIT) === 0 || command.data.length < MAC_BYTES || command.data.length > SHORT_DATA_MAX) return undefined;
    const data = command.data.slice(0, -MAC_BYTES);
    const plain = this.#encrypts(data) ? this.#decrypt(data) : data;
    const expected = this.#commandMac(command, plain ?? data);
    const verified = equalConstantTime(expected, command.data.slice(-MAC_BYTES));
    return verified && plain !== undefined ? { ...command, cla: command.cla & ~SM_CLASS_BIT, data: plain } : undefined;
  }

  wrapResponse(response: ResponseApdu): ResponseApdu {
    return response;
  }

  unwrapResponse(response: ResponseApdu): ResponseApdu {
    return response;
  }

  authenticated(level: number): void {
    this.#level = level;
  }

  /** Nothing moves but the C-MAC, and that with the command. */
  advance(): void {}

  /** GPC v2.3.1 §E.4.7: triple DES in ECB mode under the session's own data encryption key. */
  encryptSensitive(data: Uint8Array): Uint8Array {
    const blocks = data.length > 0 && data.length % DES_BLOCK === 0 ? data : pad2(data, DES_BLOCK);
    const encrypted = tdesEcb('encrypt', this.#sDek.reveal(), blocks);
    if (blocks !== data) blocks.fill(0);
    return encrypted;
  }

  decryptSensitive(data: Uint8Array): Uint8Array | undefined {
    if (data.length === 0 || data.length % DES_BLOCK !== 0) return undefined;
    return tdesEcb('decrypt', this.#sDek.reveal(), data);
  }

  destroy(): void {
    for (const key of [this.#sEnc, this.#sMac, this.#sDek]) key.destroy();
    this.#lastMac.fill(0);
  }

  /** No data, no encryption; and EXTERNAL AUTHENTICATE, before a level is in force, is never encrypted. */
  #encrypts(data: Uint8Array): boolean {
    return (this.#level & C_DECRYPTION) !== 0 && data.length > 0;
  }

  #decrypt(data: Uint8Array): Uint8Array | undefined {
    return data.length % DES_BLOCK === 0 ? unpad2(tdesCbc('decrypt', this.#sEnc.reveal(), data)) : undefined;
  }

  /** Full triple DES MAC (GPC v2.3.1 §B.1.2.1): the last block of CBC with a zero ICV. */
  #cryptogram(nonces: Uint8Array): Uint8Array {
    return tdesCbc('encrypt', this.#sEnc.reveal(), pad2(nonces, DES_BLOCK)).slice(-DES_BLOCK);
  }

  /**
   * Single DES plus final triple DES MAC (GPC v2.3.1 §B.1.2.2) over header, Lc with the MAC counted in, and data. The ICV is the C-MAC
   * before, encrypted with single DES under the first half of the C-MAC key (§E.3.4). That is what CBC makes of a block
   * put in front of the message, so the C-MAC before goes there as it is.
   */
  #commandMac(modified: CommandApdu, plain: Uint8Array): Uint8Array {
    const header = Uint8Array.of(modified.cla, modified.ins, modified.p1, modified.p2, (plain.length + MAC_BYTES) & 0xff);
    this.#lastMac = retailMac(this.#sMac.reveal(), concat(this.#lastMac, header, plain));
    return this.#lastMac;
  }
}

function deriveSessionKey(key: Secret, constant: number, sequenceCounter: Uint8Array): Secret {
  return Secret.takeOver(tdesCbc('encrypt', key.reveal(), concat(uintBE(constant, 2), sequenceCounter, new Uint8Array(12))));
}

/**
 * The challenge of a chip with i = 55 (GPC v2.3.1 §E.4.2): the first 6 bytes of a MAC over the AID of the application that opens
 * the channel, under the C-MAC session key, with a zero ICV. It depends on no other challenge, so both ends know it beforehand.
 */
export function pseudoRandomChallenge(keys: Scp02Keys, sequenceCounter: Uint8Array, aid: Uint8Array): Uint8Array {
  const sMac = deriveSessionKey(keys.mac, SessionKeyConstant.C_MAC, sequenceCounter);
  try {
    return retailMac(sMac.reveal(), aid).slice(0, 6);
  } finally {
    sMac.destroy();
  }
}
