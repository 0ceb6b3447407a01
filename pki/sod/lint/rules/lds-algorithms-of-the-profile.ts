import { hashOfOid } from '#pki/cms';
import { HASH_OF } from '../../algorithms.ts';
import type { SodRule } from '../rule.ts';

export const ldsAlgorithmsOfTheProfile = {
  id: 'lds-algorithms-of-the-profile',
  clause: 'card profile, algorithms.sod: version of the object and hash of the data groups',
  binds: 'issuer',
  about: 'security-object',
  holds: ({ version, digestOid }, { context: { algorithms } }) =>
    algorithms === undefined || (version === algorithms.objectVersion && hashOfOid(digestOid) === HASH_OF[algorithms.digest]),
} as const satisfies SodRule;
