import { constants, verify, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto';
import { isCodedError, type ByteReader } from '#encoder/bytes';
import { decodeOnly, derInteger, derNull, derOid, derSequence, enter, readNull, readOid, readSmallInteger, tlv } from '#encoder/tlv';
import { derSignature } from '#pki/ec';

/** The only hashes that Doc 9303-12 §4.1.6 permits. SHA-1 is none of them: what uses it reads as no algorithm of ours. */
export type HashName = 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** `rsa` is RSASSA-PKCS1-v1_5; `rsa-pss` RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash (RFC 4055 §3.1). */
export interface SignatureAlgorithm {
  readonly key: 'ec' | 'rsa' | 'rsa-pss';
  readonly hash: HashName;
}

/** RFC 5758 §3.2. */
export const ECDSA_OID = Object.freeze({
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
} as const satisfies Record<HashName, string>);

/** shaXXXWithRSAEncryption (RFC 4055 §5). */
const RSA_OID = Object.freeze({
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
} as const satisfies Record<HashName, string>);

const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

const HASHES = Object.freeze({
  sha224: { oid: '2.16.840.1.101.3.4.2.4', bytes: 28 },
  sha256: { oid: '2.16.840.1.101.3.4.2.1', bytes: 32 },
  sha384: { oid: '2.16.840.1.101.3.4.2.2', bytes: 48 },
  sha512: { oid: '2.16.840.1.101.3.4.2.3', bytes: 64 },
} as const satisfies Record<HashName, { readonly oid: string; readonly bytes: number }>);

const HASH_NAMES = Object.keys(HASHES) as readonly HashName[];

/** AlgorithmIdentifier in DER: no parameters with ECDSA (RFC 5758 §3.2), NULL with PKCS #1 v1.5, RSASSA-PSS-params with PSS (RFC 4055). */
export function encodeAlgorithm({ key, hash }: SignatureAlgorithm): Uint8Array {
  switch (key) {
    case 'ec':
      return derSequence(derOid(ECDSA_OID[hash]));
    case 'rsa':
      return derSequence(derOid(RSA_OID[hash]), derNull());
    case 'rsa-pss':
      return derSequence(derOid(RSASSA_PSS), encodePssParameters(hash));
  }
}

/**
 * Reads a whole AlgorithmIdentifier; undefined for what is not one of ours, whatever is wrong with it: another algorithm, SHA-1, a salt, a mask or
 * a trailer that does not go with the hash, bytes that are no DER.
 */
export function readAlgorithm(der: Uint8Array): SignatureAlgorithm | undefined {
  try {
    const algorithm = decodeOnly(der, 0x30, 'AlgorithmIdentifier');
    const oid = readOid(algorithm);
    const hash = oid === RSASSA_PSS ? readPssParameters(enter(algorithm, 0x30)) : undefined;
    if (hash !== undefined) {
      algorithm.end();
      return { key: 'rsa-pss', hash };
    }
    const found = algorithmOfOid(oid);
    if (found?.key === 'rsa') readNull(algorithm);
    algorithm.end();
    return found;
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}

/** ECDSA and PKCS #1 v1.5 by the identifier alone, which says all of it; RSASSA-PSS does not. */
export function algorithmOfOid(oid: string): SignatureAlgorithm | undefined {
  for (const hash of HASH_NAMES) {
    if (ECDSA_OID[hash] === oid) return { key: 'ec', hash };
    if (RSA_OID[hash] === oid) return { key: 'rsa', hash };
  }
  return undefined;
}

/** AlgorithmIdentifier of ecdsa-with-SHA…. */
export function encodeEcdsaAlgorithm(hash: HashName): Uint8Array {
  return encodeAlgorithm({ key: 'ec', hash });
}

/** False for whatever is wrong: the wrong kind of key, a signature that does not parse, a signature that does not verify. */
export function verifySignature(algorithm: SignatureAlgorithm, message: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  if (!fits(algorithm, key)) return false;
  try {
    return verify(algorithm.hash, message, keyFor(algorithm, key), signature);
  } catch {
    return false;
  }
}

/** The same on a thread of libuv's pool, while the event loop goes on: for a signer, whose every signature is verified. */
export function verifySignatureOnPool(
  algorithm: SignatureAlgorithm,
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): Promise<boolean> {
  if (!fits(algorithm, key)) return Promise.resolve(false);
  return new Promise((resolve) => {
    try {
      verify(algorithm.hash, message, keyFor(algorithm, key), signature, (error, holds) => resolve(error === null && holds));
    } catch {
      resolve(false);
    }
  });
}

function keyFor({ key: kind, hash }: SignatureAlgorithm, key: KeyObject): KeyObject | VerifyKeyObjectInput {
  return kind === 'rsa-pss' ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: HASHES[hash].bytes } : key;
}

/** What stands in signatureValue: ECDSA-Sig-Value in DER for the token's r || s (`EcError` EC_SIGNATURE_FORM), RSA octets as they are. */
export function signatureFromToken(algorithm: SignatureAlgorithm, raw: Uint8Array): Uint8Array {
  return algorithm.key === 'ec' ? derSignature(raw) : Uint8Array.from(raw);
}

/** A key whose SubjectPublicKeyInfo says id-RSASSA-PSS is for PSS only (RFC 4055 §1.2). */
function fits(algorithm: SignatureAlgorithm, { asymmetricKeyType: type }: KeyObject): boolean {
  return type === algorithm.key || (algorithm.key === 'rsa-pss' && type === 'rsa');
}

/**
 * RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0], maskGenAlgorithm [1], saltLength [2], trailerField [3] DEFAULT 1 }. The hash has NULL
 * for parameters, as RFC 8017 §A.2.3 has it and OpenSSL writes it.
 */
function encodePssParameters(hash: HashName): Uint8Array {
  const digest = derSequence(derOid(HASHES[hash].oid), derNull());
  return derSequence(tlv(0xa0, digest), tlv(0xa1, derSequence(derOid(MGF1), digest)), tlv(0xa2, derInteger(HASHES[hash].bytes)));
}

/** No member may be left to its default, which is SHA-1 or a salt of 20; the trailer alone is (or is spelled out as) 1. */
function readPssParameters(parameters: ByteReader): HashName | undefined {
  const hash = readHash(enter(parameters, 0xa0));
  const mask = enter(enter(parameters, 0xa1), 0x30);
  if (readOid(mask) !== MGF1) return undefined;
  const maskHash = readHash(mask);
  const salt = readSmallInteger(enter(parameters, 0xa2));
  const trailer = parameters.peek() === 0xa3 ? readSmallInteger(enter(parameters, 0xa3)) : 1;
  parameters.end();
  return hash !== undefined && hash === maskHash && salt === HASHES[hash].bytes && trailer === 1 ? hash : undefined;
}

/** AlgorithmIdentifier of a hash: parameters absent or NULL, "legal and equivalent" (RFC 4055 §2.1). */
function readHash(reader: ByteReader): HashName | undefined {
  const algorithm = enter(reader, 0x30);
  reader.end();
  const oid = readOid(algorithm);
  if (algorithm.remaining > 0) readNull(algorithm);
  algorithm.end();
  return HASH_NAMES.find((name) => HASHES[name].oid === oid);
}
