import type { StepKind } from './step.ts';
import { destroyKey } from './steps/destroy-key.ts';
import { importSharedKeys } from './steps/import-shared-keys.ts';
import { issueCrlStep } from './steps/issue-crl.ts';
import { makeCsca } from './steps/make-csca.ts';
import { makeCvca } from './steps/make-cvca.ts';
import { makeDocumentSigners } from './steps/make-document-signers.ts';
import { makeLineKeys } from './steps/make-line-keys.ts';

/** Everything that a ceremony can do. */
export const STEP_KINDS: ReadonlyMap<string, StepKind> = new Map([
  ['make-csca', makeCsca],
  ['make-cvca', makeCvca],
  ['make-line-keys', makeLineKeys],
  ['make-document-signers', makeDocumentSigners],
  ['import-shared-keys', importSharedKeys],
  ['issue-crl', issueCrlStep],
  ['destroy-key', destroyKey],
]);
