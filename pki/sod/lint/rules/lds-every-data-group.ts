import type { SodRule } from '../rule.ts';

export const ldsEveryDataGroup = {
  id: 'lds-every-data-group',
  clause: 'Doc 9303-10 §4.6.2: hashes of all data groups in use, and of no other',
  binds: 'issuer',
  about: 'security-object',
  holds: ({ hashes }, { context: { dataGroups } }) =>
    dataGroups === undefined || (dataGroups.size === hashes.length && hashes.every(({ dataGroup }) => dataGroups.has(dataGroup))),
} as const satisfies SodRule;
