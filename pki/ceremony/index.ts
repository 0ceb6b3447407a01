/**
 * The ceremonies in which an authority's and a plant's keys are made, rolled over and ended: one reviewed file of steps in, approved by m of n
 * people with keys of their own, whose shares open the authority's token; hash-chained minutes out, closed by their signatures, and
 * the minutes are the journal that an interrupted ceremony resumes from. It holds no secret: only public halves, identifiers and certificates
 * are written down. What a certificate or a list says is the business of the rooms that issue them.
 */
export { CeremonyError, isCeremonyErrorCode, type CeremonyErrorCode } from './ceremony-error.ts';
export { fileCeremonyJournal, type CeremonyJournal, type Minute, type MinutesMode } from './minutes.ts';
export {
  approvalText,
  approve,
  assertApproved,
  readApproval,
  samePerson,
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
export { describeSteps, readCeremonyFile, tokensOf, type Ceremony, type CeremonyHead } from './file.ts';
export { ceremonyApprovable } from './file-approval.ts';
export { runCeremony, type RunCeremonyDeps } from './run-ceremony.ts';
export type { TokenSource, WrappedKeys } from './proceedings.ts';
export { resultOf, type CeremonyResult, type Issued, type LineTokenKeys } from './ceremony-result.ts';
export { verifyMinutes, type VerifiedCeremony, type VerifiedMinutes } from './verify-minutes.ts';
export { kcvApprovable } from './steps/import-shared-keys.ts';
export { specimenCeremony } from './specimen-file.ts';
export {
  assertLineKeys,
  isCeremonyFinished,
  minutesFile,
  runSpecimenCeremony,
  specimenCustodians,
  type SpecimenCeremonyDeps,
  type SpecimenCustodians,
  type SpecimenDeps,
} from './specimen.ts';
