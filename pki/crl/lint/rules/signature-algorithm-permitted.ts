import type { CrlRule } from '../rule.ts';

export const signatureAlgorithmPermitted: CrlRule = {
  id: 'signature-algorithm-permitted',
  clause: 'Doc 9303-12 §4.1.6',
  holds: ({ list }) => list.signatureAlgorithm !== undefined,
};
