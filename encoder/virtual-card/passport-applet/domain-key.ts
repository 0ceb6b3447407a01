import { EC_DOMAINS, type EcDomainName } from '#encoder/access';
import { bytesToInteger, concat } from '#encoder/bytes';
import { decodeTlvs } from '#encoder/tlv';

/** Tags of PUT DATA 63: the domain parameters and the private value. */
const TAG = { prime: 0x81, a: 0x82, b: 0x83, generator: 0x84, order: 0x85, privateValue: 0x86, cofactor: 0x87 } as const;

export interface DomainKey {
  readonly curve: EcDomainName;
  /** Big-endian, in the size of the order. */
  readonly privateKey: Uint8Array;
}

/**
 * The key whose domain is one of `EC_DOMAINS`: it is never computed with parameters that somebody sent. Undefined for another
 * domain, a private value out of 1 … n − 1, and members missing or twice. Throws `DecodeError` for what is no TLV.
 */
export function domainKey(data: Uint8Array): DomainKey | undefined {
  const objects = decodeTlvs(data, 'PUT DATA');
  const values = new Map(objects.map(({ tag, value }) => [tag, value]));
  const wanted = Object.values(TAG);
  if (objects.length !== wanted.length || !wanted.every((tag) => values.has(tag))) return undefined;
  const number = (tag: number): bigint => bytesToInteger(values.get(tag) ?? new Uint8Array(0));
  const domain = Object.values(EC_DOMAINS).find(({ Point, size }) => {
    const { p, a, b } = Point.CURVE();
    return (
      number(TAG.prime) === p &&
      number(TAG.a) === a &&
      number(TAG.b) === b &&
      number(TAG.order) === Point.Fn.ORDER &&
      number(TAG.cofactor) === 1n &&
      values.get(TAG.generator)?.length === 1 + 2 * size &&
      number(TAG.generator) === bytesToInteger(Point.BASE.toBytes(false))
    );
  });
  const privateValue = number(TAG.privateValue);
  if (domain === undefined || privateValue === 0n || privateValue >= domain.Point.Fn.ORDER) return undefined;
  return { curve: domain.name, privateKey: inSize(values.get(TAG.privateValue) ?? new Uint8Array(0), domain.size) };
}

/** With leading zeros, or without those that are too many. */
function inSize(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.length >= size ? bytes.slice(bytes.length - size) : concat(new Uint8Array(size - bytes.length), bytes);
}
