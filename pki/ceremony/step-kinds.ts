import type { StepKind } from './step.ts';
import { certifyRequests } from './steps/certify-requests.ts';
import { destroyKey } from './steps/destroy-key.ts';
import { importSharedKeys } from './steps/import-shared-keys.ts';
import { issueCrlStep } from './steps/issue-crl.ts';
import { issueDeviationListStep } from './steps/issue-deviation-list.ts';
import { issueMasterListStep } from './steps/issue-master-list.ts';
import { makeCsca } from './steps/make-csca.ts';
import { makeCvca } from './steps/make-cvca.ts';
import { makeDocumentSigners } from './steps/make-document-signers.ts';
import { makeDeviationListSigner } from './steps/make-deviation-list-signer.ts';
import { makeLineKeys } from './steps/make-line-keys.ts';
import { makeMasterListSigner } from './steps/make-master-list-signer.ts';
import { renewDocumentVerifier } from './steps/renew-document-verifier.ts';
import { rollOverCsca } from './steps/roll-over-csca.ts';
import { rollOverCvca } from './steps/roll-over-cvca.ts';

/** Everything that a ceremony can do. */
export const STEP_KINDS: ReadonlyMap<string, StepKind> = new Map([
  ['make-csca', makeCsca],
  ['make-cvca', makeCvca],
  ['make-line-keys', makeLineKeys],
  ['make-document-signers', makeDocumentSigners],
  ['import-shared-keys', importSharedKeys],
  ['issue-crl', issueCrlStep],
  ['roll-over-csca', rollOverCsca],
  ['roll-over-cvca', rollOverCvca],
  ['renew-document-verifier', renewDocumentVerifier],
  ['certify-requests', certifyRequests],
  ['make-master-list-signer', makeMasterListSigner],
  ['issue-master-list', issueMasterListStep],
  ['make-deviation-list-signer', makeDeviationListSigner],
  ['issue-deviation-list', issueDeviationListStep],
  ['destroy-key', destroyKey],
]);
