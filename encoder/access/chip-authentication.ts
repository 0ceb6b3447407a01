import { expectSuccess, isRefusal, type ParsedCommandApdu, StatusWord } from '#encoder/apdu';
import { ByteReader, concat, DecodeError, equalBytes, fromHex, type Secret, uintBE } from '#encoder/bytes';
import { decodeTlvs, enter, tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import { type CipherName, CIPHER_SUITES, type CipherSuite, deriveSessionKeys } from './cipher-suite.ts';
import { bytesToInteger, decodePoint, EC_DOMAINS, type EcDomainName, publicPoint, randomScalar, sharedSecretX } from './curves.ts';
import { type SmChannel, SmSession } from './secure-messaging.ts';
import { answer, type CardStep, type RandomSource } from './session-result.ts';

export interface ChipAuthenticationParameters {
  /** Contents octets of the object identifier. */
  readonly oid: Uint8Array;
  readonly suite: CipherSuite;
}

/** id-CA-ECDH (Doc 9303-11 §9.2.5), whose last arc is the cipher. */
const ECDH = '0.4.0.127.0.7.2.2.3.2';
const ECDH_BYTES = fromHex('04007F000702020302');
const CIPHER_ARCS: Readonly<Record<number, CipherName>> = { 2: 'AES-128', 3: 'AES-192', 4: 'AES-256' };

/** From ChipAuthenticationInfo, dotted. Throws `AccessError` ACCESS_UNSUPPORTED: here are ECDH with AES-128, -192 and -256. */
export function chipAuthenticationParameters(oid: string): ChipAuthenticationParameters {
  const arc = oid.startsWith(`${ECDH}.`) ? Number(oid.slice(ECDH.length + 1)) : Number.NaN;
  const cipher = CIPHER_ARCS[arc];
  if (cipher === undefined) throw new AccessError('ACCESS_UNSUPPORTED', { where: 'CA', detail: oid });
  return { oid: concat(ECDH_BYTES, uintBE(arc, 1)), suite: CIPHER_SUITES[cipher] };
}

export interface ChipAuthenticationRequest {
  readonly parameters: ChipAuthenticationParameters;
  /** The chip's static key from EF.DG14. */
  readonly publicKey: { readonly curve: EcDomainName; readonly point: Uint8Array };
  /** Key reference, when DG14 gives one. */
  readonly keyId?: bigint;
  /** Gives the ephemeral private key. */
  readonly random: RandomSource;
}

/**
 * Chip Authentication version 1, terminal side (Doc 9303-11 §6.2): MSE:Set AT and GENERAL AUTHENTICATE under the old session,
 * then the same channel goes on under the new keys. The chip has proven its key only when it answers the next command
 * under them: read something.
 *
 * Errors: `AccessError` ACCESS_REFUSED, ACCESS_POINT_INVALID (the key in DG14), ACCESS_SM_INVALID; the reader's own.
 */
export async function authenticateChip(channel: SmChannel, request: ChipAuthenticationRequest): Promise<void> {
  const { parameters, publicKey, keyId } = request;
  const domain = EC_DOMAINS[publicKey.curve];
  const chipKey = decodePoint(domain, publicKey.point, 'CA/public key of the chip');
  const reference = keyId === undefined ? new Uint8Array(0) : tlv(0x84, integerBytes(keyId));
  await ask(channel, { p1: 0x41, p2: 0xa4, ins: 0x22, data: concat(tlv(0x80, parameters.oid), reference) }, 'CA/MSE:Set AT');
  const key = randomScalar(domain, request.random);
  const ephemeral = publicPoint(domain, key);
  await ask(channel, { p1: 0, p2: 0, ins: 0x86, data: tlv(0x7c, tlv(0x80, ephemeral)), le: 256 }, 'CA/GENERAL AUTHENTICATE');
  channel.rekey(newSession(parameters.suite, sharedSecretX(domain, key, chipKey)));
}

async function ask(
  channel: SmChannel,
  command: { ins: number; p1: number; p2: number; data: Uint8Array; le?: number },
  where: string,
): Promise<Uint8Array> {
  const response = await channel.send({ cla: 0, ...command });
  try {
    return expectSuccess(response, where);
  } catch (cause) {
    throw isRefusal(cause) ? new AccessError('ACCESS_REFUSED', { where, detail: cause.detail ?? '', cause }) : cause;
  }
}

export interface ChipAuthenticationKey {
  readonly curve: EcDomainName;
  /** The private scalar, big-endian. */
  readonly privateKey: Secret;
  readonly keyId?: bigint;
}

/** The chip's end of Chip Authentication version 1. A returned `session` replaces the one that protected the command, after its response. */
export class ChipAuthenticationCardSession {
  readonly #parameters: ChipAuthenticationParameters;
  readonly #key: ChipAuthenticationKey;
  #selected = false;

  constructor(parameters: ChipAuthenticationParameters, key: ChipAuthenticationKey) {
    this.#parameters = parameters;
    this.#key = key;
  }

  /** Answers 00 22 41 A4, plain command. */
  mseSetAt(command: ParsedCommandApdu): CardStep {
    this.#selected = false;
    return guard(() => {
      const objects = new Map(decodeTlvs(command.data, 'MSE:Set AT').map(({ tag, value }) => [tag, value]));
      if (!equalBytes(objects.get(0x80) ?? new Uint8Array(0), this.#parameters.oid)) return answer(StatusWord.WRONG_DATA);
      const reference = objects.get(0x84);
      const sameKey = reference === undefined || (this.#key.keyId !== undefined && bytesToInteger(reference) === this.#key.keyId);
      if (!sameKey) return answer(StatusWord.REFERENCED_DATA_NOT_FOUND);
      this.#selected = true;
      return answer(StatusWord.SUCCESS);
    });
  }

  /** Answers 00 86 00 00 after `mseSetAt`, plain command. */
  generalAuthenticate(command: ParsedCommandApdu): CardStep {
    if (!this.#selected) return answer(StatusWord.CONDITIONS_NOT_SATISFIED);
    this.#selected = false;
    return guard(() => {
      const reader = new ByteReader(command.data, 'GENERAL AUTHENTICATE');
      const inner = enter(reader, 0x7c);
      reader.end();
      const point = enter(inner, 0x80).rest();
      inner.end();
      const domain = EC_DOMAINS[this.#key.curve];
      const terminalKey = decodePoint(domain, point, 'CA/ephemeral key');
      const secret = sharedSecretX(domain, bytesToInteger(this.#key.privateKey.reveal()), terminalKey);
      return { response: { data: tlv(0x7c), sw: StatusWord.SUCCESS }, session: newSession(this.#parameters.suite, secret) };
    });
  }
}

/** Session keys from the shared secret, counter at zero (Doc 9303-11 §6.2.2, §9.8.7.3). Wipes the secret. */
function newSession(suite: CipherSuite, secret: Uint8Array): SmSession {
  const keys = deriveSessionKeys(suite, secret);
  secret.fill(0);
  return new SmSession(suite, keys);
}

function guard(step: () => CardStep): CardStep {
  try {
    return step();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof AccessError) return answer(StatusWord.WRONG_DATA);
    throw error;
  }
}

/** Unsigned, in the fewest bytes. */
function integerBytes(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
}
