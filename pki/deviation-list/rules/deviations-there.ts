import type { ListRule } from '#pki/signed-list';
import { readDeviationList } from '../content.ts';

export const deviationsThere: ListRule = {
  id: 'at-least-one-deviation-each-described',
  clause: 'Doc 9303-12 §10.2, Deviation',
  level: 'must',
  holds({ content }) {
    const { deviations } = readDeviationList(content);
    return deviations.length > 0 && deviations.every(({ descriptions }) => descriptions.length > 0);
  },
};
