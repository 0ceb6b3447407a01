import type { ListRule } from '../list-kind.ts';

export const version3: ListRule = {
  id: 'signed-data-version-3',
  clause: 'Doc 9303-12 tables 18 and 19, Version',
  level: 'must',
  holds: ({ form }) => form.version === 3,
};
