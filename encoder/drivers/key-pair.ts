import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { EC_DOMAINS, type EcDomainName } from '#encoder/access';
import { Secret, type ByteReader } from '#encoder/bytes';
import { DER, decodeOnly, enter, readOctetString, readSmallInteger } from '#encoder/tlv';
import type { ChipKeyAlgorithm, ChipKeyAlgorithms } from './chip-keys.ts';
import { DriverError } from './driver-error.ts';

/** A key pair that was made outside the chip which it is for. Whoever made it destroys the private half. */
export interface ChipKeyPair {
  readonly algorithm: ChipKeyAlgorithm;
  /** DER SubjectPublicKeyInfo; an EC key with a named curve. */
  readonly publicKey: Uint8Array;
  /** DER PrivateKeyInfo (PKCS #8, RFC 5208 §5). */
  readonly privateKey: Secret;
}

export type ChipKeyPairs = { readonly [Role in keyof ChipKeyAlgorithms]: ChipKeyPair | null };

/** The numbers of a private key, big-endian, as views into the secret: they end with it. */
export type PrivateNumbers =
  | { readonly kind: 'rsa'; readonly modulus: Uint8Array; readonly privateExponent: Uint8Array }
  | { readonly kind: 'ec'; readonly curve: EcDomainName; readonly privateValue: Uint8Array };

/** Makes a pair with node:crypto. Throws DRIVER_CANNOT for an algorithm that is neither RSA nor on a curve of Doc 9303-11 §9.5.1. */
export function makeKeyPair(algorithm: ChipKeyAlgorithm): ChipKeyPair {
  const curve = curveOf(algorithm);
  const bits = /^RSA-(\d{4})$/.exec(algorithm)?.[1];
  if (curve === undefined && bits === undefined) throw new DriverError('DRIVER_CANNOT', 'make a key pair', { detail: algorithm });
  const { publicKey, privateKey } =
    curve === undefined
      ? generateKeyPairSync('rsa', { modulusLength: Number(bits) })
      : generateKeyPairSync('ec', { namedCurve: EC_DOMAINS[curve].opensslName });
  return {
    algorithm,
    publicKey: Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' })),
    privateKey: Secret.takeOver(privateKey.export({ type: 'pkcs8', format: 'der' })),
  };
}

/** Whether the private half is one, and of the public half: a card whose DG15 names another key is spoiled. */
export function belongTogether({ publicKey, privateKey }: ChipKeyPair): boolean {
  try {
    const own = createPrivateKey({ key: viewOf(privateKey.reveal()), format: 'der', type: 'pkcs8' });
    return createPublicKey(own).equals(createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }));
  } catch {
    return false;
  }
}

/** Throws `DecodeError` when the private half is no PKCS #8 of its algorithm. */
export function privateNumbers({ algorithm, privateKey }: ChipKeyPair): PrivateNumbers {
  const info = decodeOnly(privateKey.reveal(), DER.SEQUENCE, 'PrivateKeyInfo');
  readSmallInteger(info, 1);
  enter(info, DER.SEQUENCE);
  const key = decodeOnly(readOctetString(info), DER.SEQUENCE, 'PrivateKeyInfo/privateKey');
  readSmallInteger(key, 1);
  const curve = curveOf(algorithm);
  // ECPrivateKey (RFC 5915 §3), RSAPrivateKey (RFC 8017 §A.1.2): version, modulus, publicExponent, privateExponent, …
  if (curve !== undefined) return { kind: 'ec', curve, privateValue: readOctetString(key) };
  const modulus = readUnsigned(key);
  readUnsigned(key);
  return { kind: 'rsa', modulus, privateExponent: readUnsigned(key) };
}

/** The contents of an INTEGER without its sign byte: no number is made of it, for a number cannot be wiped. */
function readUnsigned(reader: ByteReader): Uint8Array {
  const contents = enter(reader, DER.INTEGER).rest();
  return contents[0] === 0 ? contents.subarray(1) : contents;
}

export function curveOf(algorithm: ChipKeyAlgorithm): EcDomainName | undefined {
  return Object.values(EC_DOMAINS).find(({ name }) => algorithm === `EC-${name}`)?.name;
}

/** The same bytes as a Buffer, not a copy of them. */
function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
