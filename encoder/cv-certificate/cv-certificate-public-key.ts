import { type ByteReader, bytesToInteger, concat, fromHex } from '#encoder/bytes';
import { CURVES, type CurveName } from '#encoder/lds';
import { derOid, enter, readOid, tagName, tlv } from '#encoder/tlv';
import { CV_ALGORITHMS } from './cv-certificate-algorithms.ts';

/** A public key data object (BSI TR-03110-3 §D.3, Doc 9303-12 §7.2.3.2); `algorithm` is a key of `CV_ALGORITHMS`. */
export type CvPublicKey = CvRsaPublicKey | CvEcPublicKey;

export interface CvRsaPublicKey {
  readonly kind: 'rsa';
  readonly algorithm: string;
  readonly modulus: bigint;
  readonly publicExponent: bigint;
}

export interface CvEcPublicKey {
  readonly kind: 'ecdsa';
  readonly algorithm: string;
  /** In CVCA certificates and requests; absent in DV and terminal certificates, whose keys take those of the CVCA. */
  readonly domainParameters?: CvDomainParameters;
  /** 04 || x || y. */
  readonly publicPoint: Uint8Array;
}

export interface CvDomainParameters {
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  /** 04 || x || y. */
  readonly basePoint: Uint8Array;
  readonly order: bigint;
  /** The one domain parameter that may be left out. */
  readonly cofactor?: bigint;
}

/** The parameters of a named curve, as a CVCA certificate carries them: with the cofactor, which other readers of certificates want to see. */
export function cvDomainParameters(name: CurveName): CvDomainParameters {
  const { p, a, b, gx, gy, n, size } = CURVES[name];
  const coordinate = (value: bigint) => fromHex(value.toString(16).padStart(2 * size, '0'));
  return { p, a, b, basePoint: concat(Uint8Array.of(0x04), coordinate(gx), coordinate(gy)), order: n, cofactor: 1n };
}

/** RSA-4096 and P-521, one step above what TR-03110-3 §A.6.3 and §A.6.4 list. */
const MODULUS_BYTES_MAX = 512;
const EXPONENT_BYTES_MAX = 4;
const FIELD_BYTES_MAX = 66;

/** The data object 7F49 of table 25 (RSA) or 27 (EC). */
export function encodeCvPublicKey(key: CvPublicKey): Uint8Array {
  const algorithm = derOid(key.algorithm);
  if (key.kind === 'rsa') return tlv(0x7f49, algorithm, unsigned(0x81, key.modulus), unsigned(0x82, key.publicExponent));
  const { domainParameters: domain, publicPoint } = key;
  if (domain === undefined) return tlv(0x7f49, algorithm, tlv(0x86, publicPoint));
  return tlv(
    0x7f49,
    algorithm,
    unsigned(0x81, domain.p),
    unsigned(0x82, domain.a),
    unsigned(0x83, domain.b),
    tlv(0x84, domain.basePoint),
    unsigned(0x85, domain.order),
    tlv(0x86, publicPoint),
    ...(domain.cofactor === undefined ? [] : [unsigned(0x87, domain.cofactor)]),
  );
}

/**
 * Reads the next data object, which must be a 7F49 with an algorithm of Terminal Authentication. It checks the form;
 * whether curve and point are good is found when the key is used. Throws `DecodeError`.
 */
export function readCvPublicKey(reader: ByteReader): CvPublicKey {
  const inner = enter(reader, 0x7f49);
  const at = inner.offset;
  const algorithm = readOid(inner);
  const row = CV_ALGORITHMS[algorithm];
  if (row === undefined) throw inner.error('BYTES_UNEXPECTED', '06', `no algorithm of Terminal Authentication @${at}`);
  const key = row.kind === 'rsa' ? readRsa(inner, algorithm) : readEc(inner, algorithm);
  inner.end();
  return key;
}

function readRsa(inner: ByteReader, algorithm: string): CvRsaPublicKey {
  const modulus = readUnsigned(inner, 0x81, MODULUS_BYTES_MAX);
  return { kind: 'rsa', algorithm, modulus, publicExponent: readUnsigned(inner, 0x82, EXPONENT_BYTES_MAX) };
}

/** "CONDITIONAL domain parameters MUST be either all present, except the cofactor, or all absent" (TR-03110-3 §D.3.3). */
function readEc(inner: ByteReader, algorithm: string): CvEcPublicKey {
  if (inner.peek() === 0x86) return { kind: 'ecdsa', algorithm, publicPoint: readPoint(inner, 0x86) };
  const p = readUnsigned(inner, 0x81, FIELD_BYTES_MAX);
  const a = readUnsigned(inner, 0x82, FIELD_BYTES_MAX);
  const b = readUnsigned(inner, 0x83, FIELD_BYTES_MAX);
  const basePoint = readPoint(inner, 0x84);
  const order = readUnsigned(inner, 0x85, FIELD_BYTES_MAX);
  const publicPoint = readPoint(inner, 0x86);
  const domain = { p, a, b, basePoint, order };
  if (inner.remaining === 0) return { kind: 'ecdsa', algorithm, domainParameters: domain, publicPoint };
  const cofactor = readUnsigned(inner, 0x87, FIELD_BYTES_MAX);
  return { kind: 'ecdsa', algorithm, domainParameters: { ...domain, cofactor }, publicPoint };
}

/** Uncompressed (TR-03110-3 §D.2.1.2), both coordinates of one length. */
function readPoint(reader: ByteReader, tag: number): Uint8Array {
  const inner = enter(reader, tag);
  if (inner.remaining > 1 + 2 * FIELD_BYTES_MAX) throw inner.error('BYTES_LIMIT', undefined, `${inner.remaining} bytes`);
  if (inner.peek() !== 0x04 || inner.remaining < 3 || inner.remaining % 2 === 0) {
    throw inner.error('BYTES_UNEXPECTED', undefined, 'not an uncompressed point');
  }
  return inner.rest();
}

/** An unsigned integer has no leading octet 00 (TR-03110-3 §D.2.1.1); it is not the signed INTEGER of ASN.1. */
function readUnsigned(reader: ByteReader, tag: number, bytesMax: number): bigint {
  const inner = enter(reader, tag);
  if (inner.remaining === 0) throw inner.error('BYTES_TRUNCATED', undefined, 'an integer without content');
  if (inner.remaining > bytesMax) throw inner.error('BYTES_LIMIT', undefined, `${inner.remaining} bytes`);
  if (inner.remaining > 1 && inner.peek() === 0) throw inner.error('BYTES_UNEXPECTED', undefined, 'not in its shortest form');
  return bytesToInteger(inner.rest());
}

function unsigned(tag: number, value: bigint): Uint8Array {
  if (value < 0n) throw new RangeError(`data object ${tagName(tag)} holds no negative integer`);
  const digits = value.toString(16);
  return tlv(tag, fromHex(digits.padStart(digits.length + (digits.length % 2), '0')));
}
