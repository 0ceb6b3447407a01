import { hashOfOid } from '#pki/cms';
import type { ListRule } from '../list-kind.ts';

/** SHA-224 to SHA-512, the same one for content and signature, and listed. */
export const digestAlgorithm: ListRule = {
  id: 'digest-algorithm-permitted-and-listed',
  clause: 'Doc 9303-12 §4.1.6 and tables 18 and 19, digestAlgorithm',
  level: 'must',
  holds: ({ form, info }) =>
    info !== undefined &&
    hashOfOid(info.digestAlgorithm.oid) !== undefined &&
    form.digestAlgorithms.some(({ oid }) => oid === info.digestAlgorithm.oid),
};
