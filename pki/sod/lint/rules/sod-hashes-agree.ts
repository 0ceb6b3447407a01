import { hashOfOid } from '#pki/cms';
import type { SodRule } from '../rule.ts';

export const sodHashesAgree = {
  id: 'sod-hashes-agree',
  clause: 'Doc 9303-10 table 37: digestAlgorithm hashes content and signedAttrs, so the signature is over that hash',
  binds: 'everyone',
  code: 'SOD_ALGORITHM_UNSUPPORTED',
  about: 'signer-info',
  holds: ({ digestAlgorithm }, { algorithm }) => algorithm === undefined || algorithm.algorithm.hash === hashOfOid(digestAlgorithm.oid),
} as const satisfies SodRule;
