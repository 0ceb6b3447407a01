import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import { hashOfOid } from '#pki/cms';
import type { SodRule } from '../rule.ts';

/** A reader looks at it file by file, for it may not read them all. */
export const ldsHashOfTheDataGroup = {
  id: 'lds-hash-of-the-data-group',
  clause: 'Doc 9303-10 §4.6.2.3 note 1: the hash over the complete contents of the data group that it stands for',
  binds: 'issuer',
  about: 'security-object',
  holds: ({ digestOid, hashes }, { context: { dataGroups } }) => {
    const name = hashOfOid(digestOid);
    if (dataGroups === undefined || name === undefined) return true;
    return hashes.every(({ dataGroup, hash }) => {
      const file = dataGroups.get(dataGroup);
      return file === undefined || equalBytes(createHash(name).update(file).digest(), hash);
    });
  },
} as const satisfies SodRule;
