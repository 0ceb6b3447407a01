import type { ListRule } from '#pki/signed-list';
import { readDeviationList } from '../content.ts';
import { deviationTypeOf } from '../deviation-types.ts';

export const typeKnown: ListRule = {
  id: 'deviation-type-of-doc-9303',
  clause: 'Doc 9303-12 §10.2, id-Deviation-…',
  level: 'must',
  holds: ({ content }) =>
    readDeviationList(content).deviations.every(({ descriptions }) =>
      descriptions.every(({ type }) => deviationTypeOf(type) !== undefined),
    ),
};
