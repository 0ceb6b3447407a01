import { createECDH } from 'node:crypto';
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import type { WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { bytesToInteger } from '#encoder/bytes';
import { AccessError } from './access-error.ts';
import type { RandomSource } from './session-result.ts';

export type EcPoint = WeierstrassPoint<bigint>;

interface EcPointClass {
  readonly BASE: EcPoint;
  readonly Fn: { readonly ORDER: bigint };
  fromBytes(bytes: Uint8Array): EcPoint;
  fromAffine(point: { x: bigint; y: bigint }): EcPoint;
  CURVE(): { readonly p: bigint; readonly a: bigint; readonly b: bigint };
}

export interface EcDomain {
  readonly name: EcDomainName;
  /** Standardised domain parameter number (Doc 9303-11 §9.5.1, table 12). */
  readonly parameterId: number;
  /** Bytes of a coordinate. */
  readonly size: number;
  readonly Point: EcPointClass;
  /** What node:crypto calls the curve. */
  readonly opensslName: string;
}

export type EcDomainName = 'P-256' | 'P-384' | 'P-521' | 'brainpoolP256r1' | 'brainpoolP384r1' | 'brainpoolP512r1';

/** Curves of prime order (cofactor 1), so that a point on the curve that is not infinity generates the whole group. */
export const EC_DOMAINS: Readonly<Record<EcDomainName, EcDomain>> = {
  'P-256': { name: 'P-256', parameterId: 12, size: 32, Point: p256.Point, opensslName: 'prime256v1' },
  brainpoolP256r1: { name: 'brainpoolP256r1', parameterId: 13, size: 32, Point: brainpoolP256r1.Point, opensslName: 'brainpoolP256r1' },
  'P-384': { name: 'P-384', parameterId: 15, size: 48, Point: p384.Point, opensslName: 'secp384r1' },
  brainpoolP384r1: { name: 'brainpoolP384r1', parameterId: 16, size: 48, Point: brainpoolP384r1.Point, opensslName: 'brainpoolP384r1' },
  brainpoolP512r1: { name: 'brainpoolP512r1', parameterId: 17, size: 64, Point: brainpoolP512r1.Point, opensslName: 'brainpoolP512r1' },
  'P-521': { name: 'P-521', parameterId: 18, size: 66, Point: p521.Point, opensslName: 'secp521r1' },
};

export function ecDomainById(parameterId: number): EcDomain | undefined {
  return Object.values(EC_DOMAINS).find((domain) => domain.parameterId === parameterId);
}

/** 04 || x || y, as every protocol of Doc 9303-11 sends it. */
export function encodePoint(point: EcPoint): Uint8Array {
  return point.toBytes(false);
}

/** Reads an uncompressed point from the other side. Throws `AccessError` ACCESS_POINT_INVALID: off the curve, infinity, another form. */
export function decodePoint(domain: EcDomain, bytes: Uint8Array, where: string): EcPoint {
  if (bytes.length !== 1 + 2 * domain.size || bytes[0] !== 0x04) {
    throw new AccessError('ACCESS_POINT_INVALID', { where, detail: `${bytes.length} bytes` });
  }
  try {
    const point = domain.Point.fromBytes(Uint8Array.from(bytes));
    point.assertValidity();
    return point;
  } catch (cause) {
    throw new AccessError('ACCESS_POINT_INVALID', { where, detail: 'not on the curve', cause });
  }
}

/** A private key of the curve: 1 … n−1. */
export function randomScalar(domain: EcDomain, random: RandomSource): bigint {
  return randomBelow(domain.Point.Fn.ORDER, random);
}

/** A private key 1 … order−1, by rejection, so that no value is likelier than another. A source that never fits is broken. */
export function randomBelow(order: bigint, random: RandomSource): bigint {
  const bytesLength = Math.ceil(order.toString(2).length / 8);
  const topMask = 0xff >> (8 * bytesLength - order.toString(2).length);
  for (let round = 0; round < 128; round += 1) {
    const bytes = Uint8Array.from(random(bytesLength));
    bytes[0] = (bytes[0] ?? 0) & topMask;
    const scalar = bytesToInteger(bytes);
    bytes.fill(0);
    if (scalar > 0n && scalar < order) return scalar;
  }
  throw new Error('the random source gave no usable private key in 128 rounds');
}

/** scalar × base point, uncompressed. By OpenSSL, several times as fast as arithmetic here. */
export function publicPoint(domain: EcDomain, scalar: bigint): Uint8Array {
  return Uint8Array.from(keyAgreement(domain, scalar).getPublicKey());
}

/**
 * x coordinate of scalar × point, in field size: the shared secret (Doc 9303-11 §9.6, ECKA of TR-03111). The point, which
 * `decodePoint` has checked, need not come from the base point of the curve: under PACE it comes from the mapped generator.
 */
export function sharedSecretX(domain: EcDomain, scalar: bigint, point: EcPoint): Uint8Array {
  return Uint8Array.from(keyAgreement(domain, scalar).computeSecret(encodePoint(point)));
}

function keyAgreement(domain: EcDomain, scalar: bigint): ReturnType<typeof createECDH> {
  const agreement = createECDH(domain.opensslName);
  const bytes = Buffer.from(scalar.toString(16).padStart(2 * domain.size, '0'), 'hex');
  agreement.setPrivateKey(bytes);
  bytes.fill(0);
  return agreement;
}
