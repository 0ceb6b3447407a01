import { decodeOnly, decodeTlvs, type Tlv } from '#encoder/tlv';
import type { TbsCertificate } from '../certificate.ts';

/** A rule about the content of an extension says nothing about a certificate without it: presence has rules of its own. */
export function whenPresent(certificate: TbsCertificate, oid: string, holds: (value: Uint8Array) => boolean): boolean {
  const value = certificate.extensions.get(oid)?.value;
  return value === undefined || holds(value);
}

/** The members of the SEQUENCE that an extension is. */
export function members(sequence: Uint8Array): readonly Tlv[] {
  return decodeTlvs(decodeOnly(sequence, 0x30, 'extension').rest(), 'extension');
}

/** What stands inside those data objects that have this tag. */
export function inside(objects: readonly Tlv[], tag: number): readonly Tlv[] {
  return objects.filter((object) => object.tag === tag).flatMap(({ value }) => decodeTlvs(value, 'extension'));
}
