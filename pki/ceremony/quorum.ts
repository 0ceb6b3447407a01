import { fromHex } from '#encoder/bytes';
import type { Quorum } from './approval.ts';

/** The people of a ceremony's file. */
export function quorumOf({
  quorum,
}: {
  readonly quorum: {
    readonly needed: number;
    readonly people: readonly { readonly id: string; readonly name: string; readonly publicKey: string }[];
  };
}): Quorum {
  return {
    needed: quorum.needed,
    custodians: quorum.people.map(({ id, name, publicKey }) => ({ id, name, publicKey: fromHex(publicKey) })),
  };
}
