import { hashOfOid } from '#pki/cms';
import type { SodRule } from '../rule.ts';

export const sodDigestPermitted = {
  id: 'sod-digest-permitted',
  clause: 'Doc 9303-12 §4.4: SHA-224, SHA-256, SHA-384 and SHA-512 are the only permitted hashing algorithms',
  binds: 'everyone',
  code: 'SOD_ALGORITHM_UNSUPPORTED',
  about: 'signer-info',
  holds: ({ digestAlgorithm }) => hashOfOid(digestAlgorithm.oid) !== undefined && digestAlgorithm.parameters !== 'other',
} as const satisfies SodRule;
