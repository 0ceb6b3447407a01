/**
 * CSCA Master Lists (Doc 9303-12 §9): the list of CSCA certificates that one State trusts, signed by it. Made as prepare → token → issue, read
 * and verified against a CSCA that is trusted already, and linted with one rule a file. Whether a certificate on a list is to be trusted is not decided here.
 */
export { MasterListError, type MasterListErrorCode } from './master-list-error.ts';
export { importMasterList, lintMasterList, masterListSigner, readMasterList, type ImportedMasterList } from './read.ts';
export { issueMasterList, masterListTokenOf, prepareMasterList, type MasterListRequest } from './issue.ts';
export { MASTER_LIST } from './kind.ts';
