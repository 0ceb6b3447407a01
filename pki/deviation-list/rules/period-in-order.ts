import type { ListRule } from '#pki/signed-list';
import { readDeviationList } from '../content.ts';

export const periodInOrder: ListRule = {
  id: 'period-begins-before-it-ends',
  clause: 'Doc 9303-12 §10.2, IssuancePeriod',
  level: 'must',
  holds: ({ content }) =>
    readDeviationList(content).deviations.every(({ documents: { issued } }) => issued === undefined || issued.first <= issued.last),
};
