import type { SodRule } from '../rule.ts';

export const ldsTwoToSixteenDataGroups = {
  id: 'lds-two-to-sixteen-data-groups',
  clause: 'Doc 9303-10 §4.6.2.3: dataGroupHashValues SEQUENCE SIZE (2..16), DG1 to DG16',
  binds: 'everyone',
  about: 'security-object',
  holds: ({ hashes }) => hashes.length >= 2 && hashes.length <= 16 && hashes.every(({ dataGroup }) => dataGroup >= 1 && dataGroup <= 16),
} as const satisfies SodRule;
