import type { SodRule } from '../rule.ts';

export const sodDigestAlgorithmsOfTheSigner = {
  id: 'sod-digest-algorithms-of-the-signer',
  clause: 'RFC 5652 §5.1: digestAlgorithms lists those of the signers',
  binds: 'everyone',
  tolerable: true,
  about: 'signed-data',
  holds: ({ digestAlgorithms }, { signer }) => digestAlgorithms.length === 1 && digestAlgorithms[0]?.oid === signer?.digestAlgorithm.oid,
} as const satisfies SodRule;
