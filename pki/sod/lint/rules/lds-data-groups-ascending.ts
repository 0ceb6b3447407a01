import type { SodRule } from '../rule.ts';

export const ldsDataGroupsAscending = {
  id: 'lds-data-groups-ascending',
  clause: 'house rule: the same card gives the same bytes, so its data groups stand in ascending order',
  binds: 'issuer',
  about: 'security-object',
  holds: ({ hashes }) => hashes.every(({ dataGroup }, index) => dataGroup >= (hashes[index - 1]?.dataGroup ?? 0)),
} as const satisfies SodRule;
