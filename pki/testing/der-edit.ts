import { decodeTlvs, tlv, type Tlv } from '#encoder/tlv';

/** The members of one constructed data object, each with its tag and length. */
export function derMembers(der: Uint8Array): readonly Uint8Array[] {
  return decodeTlvs(only(der).value, 'fixture').map(({ tag, value }) => tlv(tag, value));
}

/** The member at the end of the path replaced by what `edit` makes of it; every length above it follows. */
export function editDer(der: Uint8Array, [index, ...path]: readonly number[], edit: (member: Uint8Array) => Uint8Array): Uint8Array {
  if (index === undefined) return edit(der);
  return tlv(only(der).tag, ...derMembers(der).map((member, at) => (at === index ? editDer(member, path, edit) : member)));
}

function only(der: Uint8Array): Tlv {
  const [first, ...others] = decodeTlvs(der, 'fixture');
  if (first === undefined || others.length > 0) throw new RangeError('not one data object');
  return first;
}
