import type { SodRule } from '../rule.ts';

export const ldsDataGroupOnce = {
  id: 'lds-data-group-once',
  clause: 'Doc 9303-10 §4.6.2.3: one hash for each data group',
  binds: 'everyone',
  about: 'security-object',
  holds: ({ hashes }) => new Set(hashes.map(({ dataGroup }) => dataGroup)).size === hashes.length,
} as const satisfies SodRule;
