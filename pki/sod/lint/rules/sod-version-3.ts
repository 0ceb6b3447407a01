import type { SodRule } from '../rule.ts';

export const sodVersion3 = {
  id: 'sod-version-3',
  clause: 'Doc 9303-10 table 37, RFC 5652 §5.1: version v3',
  binds: 'everyone',
  tolerable: true,
  about: 'signed-data',
  holds: ({ version }) => version === 3,
} as const satisfies SodRule;
