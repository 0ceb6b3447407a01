import type { ListRule } from '#pki/signed-list';
import { readDeviationList } from '../content.ts';

export const version0: ListRule = {
  id: 'deviation-list-version-0',
  clause: 'Doc 9303-12 §10.2, DeviationListVersion',
  level: 'must',
  holds: ({ content }) => readDeviationList(content).version === 0,
};
