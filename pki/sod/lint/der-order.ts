import { decodeOnly, derSetOf, readRaw } from '#encoder/tlv';

/** A SET OF with its members in the order of DER, whatever theirs was. */
export function inDerOrder(set: Uint8Array): Uint8Array {
  const reader = decodeOnly(set, 0x31, 'SET OF');
  const members: Uint8Array[] = [];
  while (reader.remaining > 0) members.push(readRaw(reader));
  return derSetOf(members);
}
