import type { ListRule } from '#pki/signed-list';
import { readDeviationList } from '../content.ts';

export const documentType: ListRule = {
  id: 'document-type-of-two-letters',
  clause: 'Doc 9303-12 §10.2, documentType PrintableString (SIZE(2))',
  level: 'must',
  holds: ({ content }) =>
    readDeviationList(content).deviations.every(({ documents: { documentType: type } }) => type === undefined || /^[A-Z]{2}$/.test(type)),
};
