/**
 * The scripted ceremony that makes a plant's keys and certificates in its token: one plan in, hash-chained minutes out, and the
 * minutes are the journal it resumes from. It holds no secret: only public halves, identifiers and certificates are written down.
 */
export { CeremonyError, type CeremonyErrorCode } from './ceremony-error.ts';
export { runFirstCeremony, type CeremonyDeps } from './run.ts';
export { readCeremony, type CeremonyResult } from './result.ts';
export { specimenPlan, type CeremonyPlan } from './plan.ts';
export { fileCeremonyJournal, type CeremonyJournal, type Minute } from './minutes.ts';
export {
  approvalDigest,
  approvalText,
  approve,
  assertApproved,
  readApproval,
  type Approvable,
  type Approval,
  type ApprovalText,
  type Custodian,
  type Quorum,
} from './approval.ts';
export {
  custodianOf,
  newCustodian,
  openCustodian,
  readCustodianFile,
  withShare,
  type CustodianFile,
  type PresentCustodian,
} from './custodian.ts';
export { dealShares, recombine, type Share } from './shares.ts';
