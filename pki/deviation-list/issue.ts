import { issueSignedList, prepareSignedList, signedListTokenOf, type ListSigning, type SignedListToken } from '#pki/signed-list';
import type { DigestSigner } from '#pki/x509';
import { encodeDeviationList, type DeviationListContent } from './content.ts';
import { DEVIATION_LIST } from './kind.ts';

export interface DeviationListRequest extends ListSigning {
  /** From `deviationsOf`, or written by hand. */
  readonly content: DeviationListContent;
}

/** Builds and lints the list; signs nothing. Errors: SIGNED_LIST_LINT with every broken rule. */
export function prepareDeviationList({ content, ...signing }: DeviationListRequest): SignedListToken {
  return prepareSignedList(DEVIATION_LIST, encodeDeviationList(content), signing);
}

/** A token for the `unsigned` bytes of one that was prepared before. Errors: SIGNED_LIST_LINT. */
export function deviationListTokenOf(unsigned: Uint8Array): SignedListToken {
  return signedListTokenOf(DEVIATION_LIST, unsigned);
}

/** Spends the token: one signature, verified before anyone sees the list. DER. Errors: SIGNED_LIST_TOKEN_SPENT, SIGNED_LIST_SIGNATURE_REJECTED. */
export async function issueDeviationList(token: SignedListToken, sign: DigestSigner): Promise<Uint8Array> {
  return issueSignedList(token, sign);
}
