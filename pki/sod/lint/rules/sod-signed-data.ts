import type { SodRule } from '../rule.ts';

export const sodSignedData = {
  id: 'sod-signed-data',
  clause: 'RFC 5652 §3, §5: ContentInfo with SignedData, member by member',
  binds: 'everyone',
  about: 'file',
  holds: ({ data }) => data !== undefined,
} as const satisfies SodRule;
