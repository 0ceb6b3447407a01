/**
 * CSCA Master Lists (Doc 9303-12 §9): the list of CSCA certificates that one State trusts, signed by it. Read and verified against a CSCA
 * that is trusted already; making lists is not here.
 */
export { MasterListError, type MasterListErrorCode } from './master-list-error.ts';
export { readMasterList } from './read.ts';
