import type { ListRule } from '#pki/signed-list';
import { readDeviationList } from '../content.ts';

export const documentNumbers: ListRule = {
  id: 'document-numbers-each-once-none-empty',
  clause: 'Doc 9303-12 §10.2, documentNumbers',
  level: 'must',
  holds: ({ content }) =>
    readDeviationList(content).deviations.every(
      ({ documents: { documentNumbers: numbers } }) =>
        numbers === undefined || (numbers.length > 0 && new Set(numbers).size === numbers.length && !numbers.includes('')),
    ),
};
