import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import { hashOfOid, signerInfoOf } from '#pki/cms';
import type { ListRule } from '../list-kind.ts';

export const contentDigest: ListRule = {
  id: 'message-digest-of-the-content',
  clause: 'RFC 5652 §11.2',
  level: 'must',
  holds: ({ content, info, kind }) => {
    const hash = info === undefined ? undefined : hashOfOid(info.digestAlgorithm.oid);
    if (info === undefined || hash === undefined) return false;
    return equalBytes(createHash(hash).update(content).digest(), signerInfoOf(info, kind.name).messageDigest);
  },
};
