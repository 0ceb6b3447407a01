import type { ListRule } from '#pki/signed-list';
import { readDeviationList } from '../content.ts';

/** By the signer, the period or the numbers: a document type alone would call every document of the State deviant. */
export const documentsBounded: ListRule = {
  id: 'documents-bounded',
  clause: 'Doc 9303-12 §10: the range of deviations will be bounded by …',
  level: 'must',
  holds: ({ content }) =>
    readDeviationList(content).deviations.every(
      ({ documents: { documentSigner, issued, documentNumbers } }) =>
        documentSigner !== undefined || issued !== undefined || (documentNumbers?.length ?? 0) > 0,
    ),
};
