import { constants, createHash, createPublicKey, type KeyObject, privateDecrypt, publicEncrypt, verify } from 'node:crypto';
import { type ApduChannel, expectSuccess, type ParsedCommandApdu, StatusWord } from '#encoder/apdu';
import { bytesToInteger, concat, equalBytes, fromHex } from '#encoder/bytes';
import { AccessError } from './access-error.ts';
import { answer, type CardStep, type RandomSource } from './session-result.ts';

export const ACTIVE_AUTHENTICATION_CHALLENGE = 8;

interface Trailer {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** ISO/IEC 9796-2 §8.1: BC is the implicit hash, which Doc 9303 takes as SHA-1; else the number of ISO/IEC 10118-3, then CC. */
const TRAILERS: readonly Trailer[] = [
  { hash: 'sha1', bytes: fromHex('BC') },
  { hash: 'sha1', bytes: fromHex('33CC') },
  { hash: 'sha256', bytes: fromHex('34CC') },
  { hash: 'sha512', bytes: fromHex('35CC') },
  { hash: 'sha384', bytes: fromHex('36CC') },
  { hash: 'sha224', bytes: fromHex('38CC') },
];

/** Partial recovery: two header bits 01, more data 1, padding 0, then 1010 (ISO/IEC 9796-2 §8.2). */
const HEADER = 0x6a;

/** ecdsa-plain-signatures of TR-03111 (Doc 9303-11 §9.2.3, ActiveAuthenticationInfo). */
const ECDSA_HASHES: Readonly<Record<string, string>> = {
  '0.4.0.127.0.7.1.1.4.1.1': 'sha1',
  '0.4.0.127.0.7.1.1.4.1.2': 'sha224',
  '0.4.0.127.0.7.1.1.4.1.3': 'sha256',
  '0.4.0.127.0.7.1.1.4.1.4': 'sha384',
  '0.4.0.127.0.7.1.1.4.1.5': 'sha512',
};

export interface ActiveAuthenticationRequest {
  /** DER SubjectPublicKeyInfo: the contents of EF.DG15. */
  readonly publicKey: Uint8Array;
  /** 8 fresh random bytes. */
  readonly challenge: Uint8Array;
  /** `signatureAlgorithm` of ActiveAuthenticationInfo in EF.DG14, dotted; required with an EC key. */
  readonly signatureAlgorithm?: string;
  /** Answers longer than a short APDU carries are asked for with extended length. Default: when the signature needs it. */
  readonly extended?: boolean;
}

/**
 * Active Authentication, terminal side (Doc 9303-11 §6.1): INTERNAL AUTHENTICATE with the challenge, then the verdict on the
 * signature. False means that the chip does not hold the key of DG15.
 *
 * Errors: `CardError` CARD_REFUSED; `AccessError` ACCESS_UNSUPPORTED for a key that is neither RSA nor EC with a known
 * algorithm; the channel's own.
 */
export async function authenticateActively(channel: ApduChannel, request: ActiveAuthenticationRequest): Promise<boolean> {
  const bits = keyOf(request.publicKey).asymmetricKeyDetails?.modulusLength ?? 0;
  const extended = request.extended ?? bits / 8 > 223;
  const response = await channel.send({
    cla: 0,
    ins: 0x88,
    p1: 0,
    p2: 0,
    data: request.challenge,
    le: extended ? 65_536 : 256,
  });
  return verifyActiveAuthentication(request, expectSuccess(response, 'INTERNAL AUTHENTICATE'));
}

/** Whether `signature` proves the key over the challenge. Throws `AccessError` ACCESS_UNSUPPORTED. */
export function verifyActiveAuthentication(request: ActiveAuthenticationRequest, signature: Uint8Array): boolean {
  const key = keyOf(request.publicKey);
  if (key.asymmetricKeyType === 'rsa') return verifyRsa(key, request.challenge, signature);
  const hash = ECDSA_HASHES[request.signatureAlgorithm ?? ''];
  if (key.asymmetricKeyType !== 'ec' || hash === undefined) {
    throw new AccessError('ACCESS_UNSUPPORTED', {
      where: 'AA',
      detail: `${key.asymmetricKeyType ?? 'unknown'} key, ${request.signatureAlgorithm ?? 'no algorithm'}`,
    });
  }
  return verify(hash, request.challenge, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** Opens the signature, finds hash and trailer, and compares the hash of M1 || challenge (Doc 9303-11 §6.1.2, Appendix F). */
function verifyRsa(key: KeyObject, challenge: Uint8Array, signature: Uint8Array): boolean {
  const size = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  if (signature.length !== size) return false;
  const representative = openSignature(key, signature);
  const trailer = representative === undefined ? undefined : trailerOf(representative);
  if (representative === undefined || trailer === undefined || representative[0] !== HEADER) return false;
  const hashLength = createHash(trailer.hash).digest().length;
  const hashAt = representative.length - trailer.bytes.length - hashLength;
  if (hashAt < 1) return false;
  const m1 = representative.subarray(1, hashAt);
  const digest = createHash(trailer.hash).update(m1).update(challenge).digest();
  return equalBytes(digest, representative.subarray(hashAt, hashAt + hashLength));
}

/** s^e mod n, or n less that: a signer may give the smaller of s and n − s; the last nibble C tells which (ISO/IEC 9796-2 App. B). */
function openSignature(key: KeyObject, signature: Uint8Array): Uint8Array | undefined {
  let opened: Uint8Array;
  try {
    opened = new Uint8Array(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, signature));
  } catch {
    return undefined; // Not smaller than the modulus: no signature at all.
  }
  if (((opened.at(-1) ?? 0) & 0x0f) === 0x0c) return opened;
  const other = (modulusOf(key) - bytesToInteger(opened)).toString(16).padStart(2 * signature.length, '0');
  return fromHex(other);
}

function trailerOf(representative: Uint8Array): Trailer | undefined {
  return TRAILERS.find(({ bytes }) => equalBytes(representative.subarray(-bytes.length), bytes));
}

/** A raw private operation of an RSA key: as many bytes in as out, no padding. */
export type RawRsa = (representative: Uint8Array) => Uint8Array;

export function rawRsa(privateKey: KeyObject): RawRsa {
  return (representative) => new Uint8Array(privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, representative));
}

export interface ActiveAuthenticationKey {
  readonly modulusBits: number;
  readonly hash: 'sha1' | 'sha256';
  readonly rawRsa: RawRsa;
}

/**
 * The message representative F = 6A || M1 || H(M1 || challenge) || trailer, as long as the modulus (Doc 9303-11 Appendix F).
 * `random` gives M1. SHA-1 takes the trailer BC, SHA-256 34CC.
 */
export function messageRepresentative(
  key: Pick<ActiveAuthenticationKey, 'modulusBits' | 'hash'>,
  challenge: Uint8Array,
  random: RandomSource,
): Uint8Array {
  const trailer = key.hash === 'sha1' ? fromHex('BC') : fromHex('34CC');
  const hashLength = key.hash === 'sha1' ? 20 : 32;
  const m1 = random(key.modulusBits / 8 - 1 - hashLength - trailer.length);
  const digest = createHash(key.hash).update(m1).update(challenge).digest();
  return concat(Uint8Array.of(HEADER), m1, digest, trailer);
}

/** The chip's end: answers 00 88 00 00, plain command. */
export function answerInternalAuthenticate(key: ActiveAuthenticationKey, command: ParsedCommandApdu, random: RandomSource): CardStep {
  if (command.p1 !== 0 || command.p2 !== 0) return answer(StatusWord.INCORRECT_P1_P2);
  if (command.data.length !== ACTIVE_AUTHENTICATION_CHALLENGE) return answer(StatusWord.WRONG_LENGTH);
  return answer(StatusWord.SUCCESS, key.rawRsa(messageRepresentative(key, command.data, random)));
}

function keyOf(spki: Uint8Array): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new AccessError('ACCESS_UNSUPPORTED', { where: 'AA', detail: 'the public key cannot be read', cause });
  }
  if (isWeakRsa(key)) throw new AccessError('ACCESS_UNSUPPORTED', { where: 'AA', detail: 'a weak RSA key proves nothing' });
  return key;
}

/** Applets have keys of 1024 bits; shorter ones are factored within days. Under the exponent 1 everybody signs. */
const RSA_BITS_MIN = 1024;

function isWeakRsa(key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'rsa') return false;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return modulusLength < RSA_BITS_MIN || publicExponent < 3n || publicExponent % 2n === 0n || modulusOf(key) % 2n === 0n;
}

function modulusOf(key: KeyObject): bigint {
  return bytesToInteger(Uint8Array.from(Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url')));
}
