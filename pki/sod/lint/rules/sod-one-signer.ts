import type { SodRule } from '../rule.ts';

export const sodOneSigner = {
  id: 'sod-one-signer',
  clause: 'Doc 9303-10 table 37: one signerInfo',
  binds: 'everyone',
  about: 'signed-data',
  holds: ({ signerInfos }) => signerInfos.length === 1,
} as const satisfies SodRule;
