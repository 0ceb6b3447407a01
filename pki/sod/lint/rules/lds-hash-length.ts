import { hashOfOid } from '#pki/cms';
import type { SodRule } from '../rule.ts';

export const ldsHashLength = {
  id: 'lds-hash-length',
  clause: 'Doc 9303-10 §4.6.2.3 note 1: dataGroupHashValue is a hash by hashAlgorithm',
  binds: 'everyone',
  about: 'security-object',
  holds: ({ digestOid, hashes }) => {
    const name = hashOfOid(digestOid);
    return name === undefined || hashes.every(({ hash }) => hash.length === Number(name.slice(3)) / 8);
  },
} as const satisfies SodRule;
