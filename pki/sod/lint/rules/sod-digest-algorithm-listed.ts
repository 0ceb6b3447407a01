import type { SodRule } from '../rule.ts';

export const sodDigestAlgorithmListed = {
  id: 'sod-digest-algorithm-listed',
  clause: 'RFC 5652 §5.1: the digest algorithm of the signer is among digestAlgorithms',
  binds: 'everyone',
  about: 'signer-info',
  holds: ({ digestAlgorithm }, { data }) => data?.digestAlgorithms.some(({ oid }) => oid === digestAlgorithm.oid) === true,
} as const satisfies SodRule;
