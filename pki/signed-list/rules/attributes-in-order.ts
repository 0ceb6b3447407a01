import { equalBytes } from '#encoder/bytes';
import { decodeOnly, derSetOf, readRaw } from '#encoder/tlv';
import type { ListRule } from '../list-kind.ts';

export const attributesInOrder: ListRule = {
  id: 'signed-attributes-in-der-order',
  clause: 'RFC 5652 §5.3; ISO/IEC 8825-1 §11.6',
  level: 'must',
  holds: ({ info }) => info?.signedAttributes !== undefined && isInOrder(info.signedAttributes),
};

function isInOrder(set: Uint8Array): boolean {
  const reader = decodeOnly(set, 0x31, 'signedAttrs');
  const members: Uint8Array[] = [];
  while (reader.remaining > 0) members.push(readRaw(reader));
  return equalBytes(derSetOf(members), set);
}
