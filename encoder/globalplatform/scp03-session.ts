import { aesCbc, aesCmac, aesEcb, pad2, unpad2 } from '#encoder/access';
import { type CommandApdu, encodeLc, isExtended, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { concat, equalConstantTime, Secret, uintBE } from '#encoder/bytes';
import { DerivationConstant, deriveScp03 } from './kdf.ts';

/** Static keys of one key set in one chip: AES-128, -192 or -256, all of one length. */
export interface Scp03Keys {
  readonly enc: Secret;
  readonly mac: Secret;
  readonly dek: Secret;
  /** Key version number, P1 of INITIALIZE UPDATE; 0 takes the chip's first key set. */
  readonly version: number;
}

/**
 * Security levels (GPC Amendment D v1.2 table 7-4, P1 of EXTERNAL AUTHENTICATE): C-MAC 01, C-DECRYPTION 02, R-MAC 10,
 * R-ENCRYPTION 20. Encryption never stands without the MAC of its direction, nor the response's protection without the command's.
 */
export const SECURITY_LEVELS = [0x01, 0x03, 0x11, 0x13, 0x33] as const;
export type SecurityLevel = (typeof SECURITY_LEVELS)[number];

/** GlobalPlatform secure messaging is bit 3 of the class byte, with the proprietary and the interindustry class. */
export const SM_CLASS_BIT = 0x04;

const C_DECRYPTION = 0x02;
const R_MAC = 0x10;
const R_ENCRYPTION = 0x20;

/**
 * What both ends keep for one session: session keys, the MAC chaining value and the encryption counter
 * (GPC Amendment D v1.2 §6.2). `macLength` is 8 (S8) or 16 (S16), and so are challenges and cryptograms.
 */
export class Scp03Session {
  readonly macLength: number;
  readonly #sEnc: Secret;
  readonly #sMac: Secret;
  readonly #sRmac: Secret;
  readonly #context: Uint8Array;
  #chaining: Uint8Array = new Uint8Array(16);
  #counter = 0;
  level: SecurityLevel = 0x01;

  constructor(keys: Scp03Keys, hostChallenge: Uint8Array, cardChallenge: Uint8Array) {
    this.macLength = hostChallenge.length;
    this.#context = concat(hostChallenge, cardChallenge);
    this.#sEnc = derive(keys.enc, DerivationConstant.S_ENC, this.#context);
    this.#sMac = derive(keys.mac, DerivationConstant.S_MAC, this.#context);
    this.#sRmac = derive(keys.mac, DerivationConstant.S_RMAC, this.#context);
  }

  cryptogram(constant: number): Uint8Array {
    return deriveScp03(this.#sMac.reveal(), constant, this.#context, this.macLength);
  }

  /** Terminal side, for EXTERNAL AUTHENTICATE itself (C-MAC only) and for every command after it. */
  wrapCommand(command: CommandApdu): CommandApdu {
    const plain = command.data ?? new Uint8Array(0);
    const data = this.#encrypts(plain) ? aesCbc('encrypt', this.#sEnc.reveal(), this.#icv(0), pad2(plain, 16)) : plain;
    const wrapped = { ...command, cla: command.cla | SM_CLASS_BIT, data: concat(data, new Uint8Array(this.macLength)) };
    const mac = this.#commandMac(wrapped, data);
    return { ...wrapped, data: concat(data, mac) };
  }

  /** Card side: the plain command, or undefined when its MAC or padding is wrong. */
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
    if (!protects(response.sw) || (this.level & R_MAC) === 0) return response;
    const encrypts = (this.level & R_ENCRYPTION) !== 0 && response.data.length > 0;
    const data = encrypts ? aesCbc('encrypt', this.#sEnc.reveal(), this.#icv(0x80), pad2(response.data, 16)) : response.data;
    return { data: concat(data, this.#responseMac(data, response.sw)), sw: response.sw };
  }

  /** Terminal side: the plain response, or undefined when its MAC or padding is wrong. */
  unwrapResponse(response: ResponseApdu): ResponseApdu | undefined {
    if ((this.level & R_MAC) === 0) return response;
    if (!protects(response.sw)) return response.data.length === 0 ? response : undefined;
    if (response.data.length < this.macLength) return undefined;
    const data = response.data.slice(0, -this.macLength);
    if (!equalConstantTime(this.#responseMac(data, response.sw), response.data.slice(-this.macLength))) return undefined;
    if ((this.level & R_ENCRYPTION) === 0 || data.length === 0) return { data, sw: response.sw };
    const plain = this.#decrypt(data, this.#icv(0x80));
    return plain === undefined ? undefined : { data: plain, sw: response.sw };
  }

  /** Both ends, once EXTERNAL AUTHENTICATE is through: encryption begins, and its counter at 1 with the next command. */
  authenticated(level: SecurityLevel): void {
    this.level = level;
    this.#counter = 1;
  }

  /** Both ends, after a command and its response: one counter value covers the two. */
  advance(): void {
    this.#counter += 1;
  }

  destroy(): void {
    for (const key of [this.#sEnc, this.#sMac, this.#sRmac]) key.destroy();
    this.#chaining.fill(0);
  }

  /** No data, no encryption; and EXTERNAL AUTHENTICATE (counter 0) is never encrypted. */
  #encrypts(data: Uint8Array): boolean {
    return this.#counter > 0 && (this.level & C_DECRYPTION) !== 0 && data.length > 0;
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
    return data.length % 16 === 0 ? unpad2(aesCbc('decrypt', this.#sEnc.reveal(), icv, data)) : undefined;
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
