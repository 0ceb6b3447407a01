import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import {
  answerInternalAuthenticate,
  ACTIVE_AUTHENTICATION_CHALLENGE,
  EC_DOMAINS,
  rawRsa,
  type ChipAuthenticationKey,
} from '#encoder/access';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { ByteReader, Secret } from '#encoder/bytes';
import { enter, readTlv } from '#encoder/tlv';
import type { ChipKey } from '../memory.ts';
import { answer, status } from '../responses.ts';
import type { Chip } from './chip.ts';
import { readDhKey } from './dh-keys.ts';

/** The key of Chip Authentication, as the protocol computes with it. */
export function chipAuthenticationKey(key: ChipKey, keyId: bigint | undefined): ChipAuthenticationKey {
  const dh = readDhKey(key);
  const identifier = keyId === undefined ? {} : { keyId };
  if (dh !== undefined) return { modp: dh.domain.name, privateKey: Secret.takeOver(dh.privateNumber), ...identifier };
  const name = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' }).asymmetricKeyDetails?.namedCurve;
  const domain = Object.values(EC_DOMAINS).find(({ opensslName }) => opensslName === name);
  if (domain === undefined) throw new Error('a key on a curve that this chip does not make');
  const privateKey = Secret.takeOver(privateScalar(key.privateKey));
  return { curve: domain.name, privateKey, ...identifier };
}

/** ECPrivateKey (RFC 5915 §3) inside PKCS #8 (RFC 5208 §5): version, algorithm, OCTET STRING { version, OCTET STRING scalar, … }. */
function privateScalar(pkcs8: Uint8Array): Uint8Array {
  const info = enter(new ByteReader(pkcs8, 'PKCS8'), 0x30);
  readTlv(info);
  readTlv(info);
  const key = enter(enter(info, 0x04), 0x30);
  readTlv(key);
  return enter(key, 0x04).rest().slice();
}

/** Hashes of ecdsa-plain-signatures, by the last arc (Doc 9303-11 §9.2.4; BSI TR-03111 §5.2.1.1). */
const PLAIN_SIGNATURES = '0.4.0.127.0.7.1.1.4.1.';
const PLAIN_HASHES: Readonly<Record<string, string>> = { 1: 'sha1', 2: 'sha224', 3: 'sha256', 4: 'sha384', 5: 'sha512' };
/** Without ActiveAuthenticationInfo: the hash whose output is as long as the order of the curve. */
const HASH_OF_CURVE: Readonly<Record<string, string>> = {
  prime256v1: 'sha256',
  brainpoolP256r1: 'sha256',
  secp384r1: 'sha384',
  brainpoolP384r1: 'sha384',
  brainpoolP512r1: 'sha512',
  secp521r1: 'sha512',
};

/**
 * INTERNAL AUTHENTICATE, Active Authentication (Doc 9303-11 §6.1): an RSA key signs by ISO/IEC 9796-2 scheme 1, an EC key gives r || s.
 * `signatureAlgorithm` is DG14's, for EC keys.
 */
export function authenticateActively(chip: Chip, command: ParsedCommandApdu, signatureAlgorithm: string | undefined): ResponseApdu {
  const held = chip.memory.key('activeAuthentication');
  if (held === undefined) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  const key = createPrivateKey({ key: Buffer.from(held.privateKey), format: 'der', type: 'pkcs8' });
  const modulusBits = key.asymmetricKeyDetails?.modulusLength;
  if (modulusBits === undefined) return signPlain(key, command, signatureAlgorithm);
  const hash = chip.memory.personality.activeAuthenticationHash;
  return answerInternalAuthenticate({ modulusBits, hash, rawRsa: rawRsa(key) }, command, chip.random).response;
}

function signPlain(key: KeyObject, command: ParsedCommandApdu, signatureAlgorithm = ''): ResponseApdu {
  if (command.p1 !== 0 || command.p2 !== 0) return status(StatusWord.INCORRECT_P1_P2);
  if (command.data.length !== ACTIVE_AUTHENTICATION_CHALLENGE) return status(StatusWord.WRONG_LENGTH);
  const announced = signatureAlgorithm.startsWith(PLAIN_SIGNATURES)
    ? PLAIN_HASHES[signatureAlgorithm.slice(PLAIN_SIGNATURES.length)]
    : undefined;
  const hash = announced ?? HASH_OF_CURVE[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return answer(Uint8Array.from(sign(hash, command.data, { key, dsaEncoding: 'ieee-p1363' })));
}
