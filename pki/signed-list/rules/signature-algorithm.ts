import { hashOfOid } from '#pki/cms';
import { readAlgorithm } from '#pki/x509';
import type { ListRule } from '../list-kind.ts';

export const signatureAlgorithm: ListRule = {
  id: 'signature-algorithm-permitted-with-the-same-hash',
  clause: 'Doc 9303-12 §4.1.6 and tables 18 and 19, signatureAlgorithm',
  level: 'must',
  holds: ({ info }) =>
    info !== undefined && readAlgorithm(info.signatureAlgorithm.der)?.hash === (hashOfOid(info.digestAlgorithm.oid) ?? 'none'),
};
