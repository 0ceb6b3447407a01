import { bytesToInteger, equalBytes } from '#encoder/bytes';
import { AccessError } from './access-error.ts';
import { decodePoint, type EcDomain, ecDomainById, type EcPoint, encodePoint, publicPoint, randomScalar, sharedSecretX } from './curves.ts';
import { encodeToPoint } from './point-encoding.ts';
import type { RandomSource } from './session-result.ts';

/**
 * The cyclic group that PACE and Chip Authentication run in, as both ends need it. Elements are the bytes that the data objects carry (Doc 9303-11 §9.4.5);
 * whoever gets one from the other side calls `check` first.
 */
export interface KeyAgreementGroup {
  readonly name: string;
  /** Standardised domain parameter number (Doc 9303-11 §9.5.1). */
  readonly parameterId: number;
  /** Tag of the public key in 7F49 (Doc 9303-11 §9.4.3, §9.4.4). */
  readonly publicKeyTag: number;
  /** Characteristic of the field, which the pseudo-random numbers of Integrated Mapping stay below. */
  readonly prime: bigint;
  /** Prime order of the group. */
  readonly order: bigint;
  /** A private key of as many bytes as the group order. */
  randomKey(random: RandomSource): bigint;
  /** The public key over the standardised generator, or over `generator`. */
  publicKey(key: bigint, generator?: Uint8Array): Uint8Array;
  /** Throws `AccessError` ACCESS_POINT_INVALID: not an element of the prime order group, the neutral element, another form. */
  check(element: Uint8Array, where: string): void;
  /** The agreed secret that keys are derived from (Doc 9303-11 §9.6), in field size. */
  sharedSecret(key: bigint, other: Uint8Array): Uint8Array;
  /** Comp(element), as Terminal Authentication signs it: the x coordinate, or SHA-1 of the number (Doc 9303-11 §7.1.4.1.3, §7.1.4.2.3). */
  compress(element: Uint8Array): Uint8Array;
  /** Generic Mapping (Doc 9303-11 §4.4.3.3.1) of the nonce s with H = key·other. Throws ACCESS_POINT_INVALID: the neutral element. */
  mapGeneric(nonce: Uint8Array, key: bigint, other: Uint8Array): Uint8Array;
  /** f of Integrated Mapping (Doc 9303-11 §4.4.3.3.2): a field element to a generator. Throws ACCESS_POINT_INVALID: it has no image. */
  mapField(element: bigint): Uint8Array;
}

/** Elliptic curves, elements as uncompressed points. */
export function ecGroup(domain: EcDomain): KeyAgreementGroup {
  // What `check` has passed, or this module made, is known to lie on the curve.
  const point = (bytes: Uint8Array): EcPoint => domain.Point.fromBytes(Uint8Array.from(bytes));
  return {
    name: domain.name,
    parameterId: domain.parameterId,
    publicKeyTag: 0x86,
    prime: domain.Point.CURVE().p,
    order: domain.Point.Fn.ORDER,
    randomKey: (random) => randomScalar(domain, random),
    publicKey: (key, generator) => (generator === undefined ? publicPoint(domain, key) : encodePoint(point(generator).multiply(key))),
    check: (element, where) => void decodePoint(domain, element, where),
    sharedSecret: (key, other) => sharedSecretX(domain, key, point(other)),
    compress: (element) => element.slice(1, 1 + domain.size),
    mapGeneric(nonce, key, other) {
      const s = bytesToInteger(nonce) % domain.Point.Fn.ORDER;
      const shared = point(other).multiply(key);
      const generator = s === 0n ? shared : point(publicPoint(domain, s)).add(shared);
      if (generator.is0()) throw noGenerator('infinity');
      return encodePoint(generator);
    },
    mapField(element) {
      const { p, a, b } = domain.Point.CURVE();
      const affine = encodeToPoint({ p, a, b }, element);
      if (affine === undefined) throw noGenerator('undefined');
      return encodePoint(domain.Point.fromAffine(affine));
    },
  };
}

/** Elliptic curve group of a standardised domain parameter number, undefined when it is none or not known here. */
export function ecGroupById(parameterId: number): KeyAgreementGroup | undefined {
  const domain = ecDomainById(parameterId);
  return domain === undefined ? undefined : ecGroup(domain);
}

/** The other side's key is valid, and not our own sent back (Doc 9303-11 §4.4.1: the ephemeral keys must differ). */
export function checkOther(group: KeyAgreementGroup, keys: { ownPublic: Uint8Array; otherPublic: Uint8Array }, where: string): void {
  group.check(keys.otherPublic, where);
  if (equalBytes(keys.ownPublic, keys.otherPublic)) {
    throw new AccessError('ACCESS_POINT_INVALID', { where, detail: 'both public keys are equal' });
  }
}

export function noGenerator(what: string): AccessError {
  return new AccessError('ACCESS_POINT_INVALID', { where: 'PACE/map nonce', detail: `the mapped generator is ${what}` });
}
