import { issueSignedList, prepareSignedList, signedListTokenOf, type ListSigning, type SignedListToken } from '#pki/signed-list';
import type { DigestSigner } from '#pki/x509';
import { encodeMasterListContent } from './content.ts';
import { MASTER_LIST } from './kind.ts';

export interface MasterListRequest extends ListSigning {
  /** CSCA certificates and CSCA link certificates that the State trusts, domestic and foreign, each once, in any order. */
  readonly certificates: readonly Uint8Array[];
}

/** Builds and lints the list; signs nothing. Errors: SIGNED_LIST_LINT with every broken rule. */
export function prepareMasterList({ certificates, ...signing }: MasterListRequest): SignedListToken {
  return prepareSignedList(MASTER_LIST, encodeMasterListContent(certificates), signing);
}

/** A token for the `unsigned` bytes of one that was prepared before. Errors: SIGNED_LIST_LINT. */
export function masterListTokenOf(unsigned: Uint8Array): SignedListToken {
  return signedListTokenOf(MASTER_LIST, unsigned);
}

/** Spends the token: one signature, verified before anyone sees the list. DER. Errors: SIGNED_LIST_TOKEN_SPENT, SIGNED_LIST_SIGNATURE_REJECTED. */
export async function issueMasterList(token: SignedListToken, sign: DigestSigner): Promise<Uint8Array> {
  return issueSignedList(token, sign);
}
