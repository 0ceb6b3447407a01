import type { ListKind } from '#pki/signed-list';
import { deviationsThere } from './rules/deviations-there.ts';
import { digestAlgorithmStated } from './rules/digest-algorithm-stated.ts';
import { documentNumbers } from './rules/document-numbers.ts';
import { documentType } from './rules/document-type.ts';
import { documentsBounded } from './rules/documents-bounded.ts';
import { parametersOfTheType } from './rules/parameters-of-the-type.ts';
import { periodInOrder } from './rules/period-in-order.ts';
import { setsInOrder } from './rules/sets-in-order.ts';
import { typeKnown } from './rules/type-known.ts';
import { version0 } from './rules/version-0.ts';

/** id-icao-DeviationList and id-icao-DeviationListSigningKey (Doc 9303-12 §10.2). */
export const DEVIATION_LIST: ListKind = Object.freeze({
  name: 'deviation list',
  contentType: '2.23.136.1.1.7',
  purpose: '2.23.136.1.1.8',
  signerProfile: 'deviation-list-signer',
  bytesMax: 8 * 1024 * 1024,
  rules: [
    version0,
    digestAlgorithmStated,
    deviationsThere,
    documentsBounded,
    documentType,
    periodInOrder,
    documentNumbers,
    typeKnown,
    parametersOfTheType,
    setsInOrder,
  ],
});
