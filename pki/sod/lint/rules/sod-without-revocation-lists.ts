import type { SodRule } from '../rule.ts';

export const sodWithoutRevocationLists = {
  id: 'sod-without-revocation-lists',
  clause: 'Doc 9303-10 table 37: crls is not used',
  binds: 'everyone',
  tolerable: true,
  about: 'signed-data',
  holds: ({ hasRevocationLists }) => !hasRevocationLists,
} as const satisfies SodRule;
