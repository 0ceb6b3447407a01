import { aesCbc, aesCmac, aesEcb, pad2, unpad2 } from '#encoder/access';
import { type CommandApdu, encodeLc, isExtended, type ParsedCommandApdu, type ResponseApdu, SHORT_DATA_MAX } from '#encoder/apdu';
import { concat, equalConstantTime, Secret, uintBE } from '#encoder/bytes';
import { DerivationConstant, deriveScp03 } from './kdf.ts';
import { C_DECRYPTION, SM_CLASS_BIT, type ScpKeys, type ScpSession } from './scp-session.ts';

/** Static keys of one SCP03 key set. */
export type Scp03Keys = ScpKeys;

/**
 * Security levels (GPC Amendment D v1.2 table 7-4, P1 of EXTERNAL AUTHENTICATE): C-MAC 01, C-DECRYPTION 02, R-MAC 10,
 * R-ENCRYPTION 20. Encryption never stands without the MAC of its direction, nor the response's protection without the command's.
 */
export const SECURITY_LEVELS = [0x01, 0x03, 0x11, 0x13, 0x33] as const;
export type SecurityLevel = (typeof SECURITY_LEVELS)[number];

const AES_BLOCK = 16;
const R_MAC = 0x10;
const R_ENCRYPTION = 0x20;

/**
 * What both ends keep for one session: session keys, the MAC chaining value and the encryption counter
 * (GPC Amendment D v1.2 §6.2). `macLength` is 8 (S8) or 16 (S16), and so are challenges and cryptograms.
 */
export class Scp03Session implements ScpSession {
  readonly protocol = 'SCP03';
  readonly macLength: number;
  readonly #sEnc: Secret;
  readonly #sMac: Secret;
  readonly #sRmac: Secret;
  /** A copy: a key set that PUT KEY replaces stays in force for the session that it opened. */
  readonly #dek: Secret;
  readonly #context: Uint8Array;
  #chaining: Uint8Array = new Uint8Array(16);
  #counter = 0;
  #level = 0x01;

  constructor(keys: Scp03Keys, hostChallenge: Uint8Array, cardChallenge: Uint8Array) {
    this.macLength = hostChallenge.length;
    this.#context = concat(hostChallenge, cardChallenge);
    this.#sEnc = derive(keys.enc, DerivationConstant.S_ENC, this.#context);
    this.#sMac = derive(keys.mac, DerivationConstant.S_MAC, this.#context);
    this.#sRmac = derive(keys.mac, DerivationConstant.S_RMAC, this.#context);
    this.#dek = new Secret(keys.dek.reveal());
  }

  get level(): number {
    return this.#level;
  }

  /** The padding of C-DECRYPTION takes at least one byte. */
  get shortDataMax(): number {
    const max = SHORT_DATA_MAX - this.macLength;
    return (this.#level & C_DECRYPTION) === 0 ? max : Math.floor(max / AES_BLOCK) * AES_BLOCK - 1;
  }

  cardCryptogram(): Uint8Array {
    return this.#cryptogram(DerivationConstant.CARD_CRYPTOGRAM);
  }

  hostCryptogram(): Uint8Array {
    return this.#cryptogram(DerivationConstant.HOST_CRYPTOGRAM);
  }

  /** Whatever fits an APDU after wrapping is SCP03's to carry; `encodeCommand` refuses the rest before it is sent. */
  checkCommand(): void {}

  wrapCommand(command: CommandApdu): CommandApdu {
    const plain = command.data ?? new Uint8Array(0);
    const data = this.#encrypts(plain) ? aesCbc('encrypt', this.#sEnc.reveal(), this.#icv(0), pad2(plain, AES_BLOCK)) : plain;
    const wrapped = { ...command, cla: command.cla | SM_CLASS_BIT, data: concat(data, new Uint8Array(this.macLength)) };
    const mac = this.#commandMac(wrapped, data);
    return { ...wrapped, data: concat(data, mac) };
  }

  unwrapCommand(command: ParsedCommandApdu): ParsedCommandApdu | undefined {
    if ((command.cla & SM_CLASS_BIT) === 0 || command.data.length < this.macLength) return undefined;
    const data = command.data.slice(0, -this.macLength);
    const expected = this.#commandMac(command, data);
    if (!equalConstantTime(expected, command.data.slice(-this.macLength))) return undefined;
    const plain = this.#encrypts(data) ? this.#decrypt(data, this.#icv(0)) : data;
    return plain === undefined ? undefined : { ...command, cla: command.cla & ~SM_CLASS_BIT, data: plain };
  }

  /** Card side. An error status word goes out bare (GPC Amendment D v1.2 §6.2.5). */
  wrapResponse(response: ResponseApdu): ResponseApdu {
    if (!protects(response.sw) || (this.#level & R_MAC) === 0) return response;
    const encrypts = (this.#level & R_ENCRYPTION) !== 0 && response.data.length > 0;
    const data = encrypts ? aesCbc('encrypt', this.#sEnc.reveal(), this.#icv(0x80), pad2(response.data, AES_BLOCK)) : response.data;
    return { data: concat(data, this.#responseMac(data, response.sw)), sw: response.sw };
  }

  unwrapResponse(response: ResponseApdu): ResponseApdu | undefined {
    if ((this.#level & R_MAC) === 0) return response;
    if (!protects(response.sw)) return response.data.length === 0 ? response : undefined;
    if (response.data.length < this.macLength) return undefined;
    const data = response.data.slice(0, -this.macLength);
    if (!equalConstantTime(this.#responseMac(data, response.sw), response.data.slice(-this.macLength))) return undefined;
    if ((this.#level & R_ENCRYPTION) === 0 || data.length === 0) return { data, sw: response.sw };
    const plain = this.#decrypt(data, this.#icv(0x80));
    return plain === undefined ? undefined : { data: plain, sw: response.sw };
  }

  /** Encryption begins, and its counter at 1 with the next command. */
  authenticated(level: number): void {
    this.#level = level;
    this.#counter = 1;
  }

  /** One counter value covers a command and its response. */
  advance(): void {
    this.#counter += 1;
  }

  encryptSensitive(data: Uint8Array): Uint8Array {
    const blocks = data.length > 0 && data.length % AES_BLOCK === 0 ? data : pad2(data, AES_BLOCK);
    const encrypted = aesCbc('encrypt', this.#dek.reveal(), new Uint8Array(AES_BLOCK), blocks);
    if (blocks !== data) blocks.fill(0);
    return encrypted;
  }

  decryptSensitive(data: Uint8Array): Uint8Array | undefined {
    if (data.length === 0 || data.length % AES_BLOCK !== 0) return undefined;
    return aesCbc('decrypt', this.#dek.reveal(), new Uint8Array(AES_BLOCK), data);
  }

  destroy(): void {
    for (const key of [this.#sEnc, this.#sMac, this.#sRmac, this.#dek]) key.destroy();
    this.#chaining.fill(0);
  }

  #cryptogram(constant: number): Uint8Array {
    return deriveScp03(this.#sMac.reveal(), constant, this.#context, this.macLength);
  }

  /** No data, no encryption; and EXTERNAL AUTHENTICATE (counter 0) is never encrypted. */
  #encrypts(data: Uint8Array): boolean {
    return this.#counter > 0 && (this.#level & C_DECRYPTION) !== 0 && data.length > 0;
  }

  /** The MAC chaining value moves with every command, before its outcome is known (GPC Amendment D v1.2 §6.2.3). */
  #commandMac(wrapped: CommandApdu & { readonly data: Uint8Array }, data: Uint8Array): Uint8Array {
    const header = Uint8Array.of(wrapped.cla, wrapped.ins, wrapped.p1, wrapped.p2);
    const lc = encodeLc(wrapped.data.length, isExtended(wrapped));
    this.#chaining = aesCmac(this.#sMac.reveal(), concat(this.#chaining, header, lc, data));
    return this.#chaining.slice(0, this.macLength);
  }

  #responseMac(data: Uint8Array, sw: number): Uint8Array {
    return aesCmac(this.#sRmac.reveal(), concat(this.#chaining, data, uintBE(sw, 2))).slice(0, this.macLength);
  }

  /** The counter, encrypted; for responses with 80 in front (GPC Amendment D v1.2 §6.2.6, §6.2.7). */
  #icv(direction: 0 | 0x80): Uint8Array {
    return aesEcb('encrypt', this.#sEnc.reveal(), concat(uintBE(direction, 1), new Uint8Array(9), uintBE(this.#counter, 6)));
  }

  #decrypt(data: Uint8Array, icv: Uint8Array): Uint8Array | undefined {
    return data.length % AES_BLOCK === 0 ? unpad2(aesCbc('decrypt', this.#sEnc.reveal(), icv, data)) : undefined;
  }
}

/** Warnings (62xx, 63xx) and success are protected, errors are not. */
function protects(sw: number): boolean {
  const sw1 = sw >> 8;
  return sw === 0x9000 || sw1 === 0x62 || sw1 === 0x63;
}

function derive(key: Secret, constant: number, context: Uint8Array): Secret {
  return Secret.takeOver(deriveScp03(key.reveal(), constant, context, key.length));
}
