import { hashOfOid } from '#pki/cms';
import type { SodRule } from '../rule.ts';

export const ldsDigestPermitted = {
  id: 'lds-digest-permitted',
  clause: 'Doc 9303-12 §4.4: data groups are hashed by SHA-224, SHA-256, SHA-384 or SHA-512',
  binds: 'everyone',
  code: 'SOD_ALGORITHM_UNSUPPORTED',
  about: 'security-object',
  holds: ({ digestOid, digestParameters }) => hashOfOid(digestOid) !== undefined && digestParameters !== 'other',
} as const satisfies SodRule;
