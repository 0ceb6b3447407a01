/**
 * Deviation Lists (Doc 9303-12 §10): what a State says of its own documents that deviate from Doc 9303, so that other States' readers know.
 * Derived from production data, made as prepare → token → issue, read and verified, linted with one rule a file. Which cards are affected is
 * found elsewhere.
 */
export { DeviationListError, type DeviationListErrorCode } from './deviation-list-error.ts';
export {
  encodeDeviationList,
  readDeviationList,
  type Deviation,
  type DeviationDescription,
  type DeviationDocuments,
  type DeviationListContent,
  type DocumentSignerIdentifier,
} from './content.ts';
export { DEVIATION_TYPES, deviationTypeOf, type DeviationKind, type DeviationType } from './deviation-types.ts';
export { deviationsOf, type ProductionDeviation, type SignerIdentification } from './from-production.ts';
export { deviationListTokenOf, issueDeviationList, prepareDeviationList, type DeviationListRequest } from './issue.ts';
export { deviationListSigner, importDeviationList, lintDeviationList, type ImportedDeviationList } from './import.ts';
export { DEVIATION_LIST } from './kind.ts';
