import type { ListRule } from '../list-kind.ts';

export const noRevocationLists: ListRule = {
  id: 'no-revocation-lists',
  clause: 'Doc 9303-12 tables 18 and 19, Crls: do not use',
  level: 'must',
  holds: ({ form }) => !form.hasRevocationLists,
};
