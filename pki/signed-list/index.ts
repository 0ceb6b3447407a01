/**
 * What CSCA Master Lists and Deviation Lists have in common (Doc 9303-12 §9.1 and §10.1, tables 18 and 19): a SignedData by a signer that a
 * CSCA has certified for this one purpose. Made as prepare → token → issue, linted with one rule a file, verified. What a list says is not
 * here: `#pki/master-list`, `#pki/deviation-list`. It holds no key.
 */
export { SignedListError, type SignedListErrorCode } from './signed-list-error.ts';
export type { ListContext, ListFinding, ListKind, ListRule } from './list-kind.ts';
export { lintSignedList, SIGNED_LIST_RULES } from './lint.ts';
export { issueSignedList, prepareSignedList, signedListTokenOf, type ListSigning, type SignedListToken } from './issue.ts';
export {
  believedSigner,
  openSignedList,
  type ListSigner,
  type OpenedList,
  type SignedListAgainst,
  type SignedListFault,
} from './verify.ts';
