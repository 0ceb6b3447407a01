import { signerInfoOf, verifySignerInfo } from '#pki/cms';
import type { ListRule } from '../list-kind.ts';

export const signature: ListRule = {
  id: 'signature-verifies',
  clause: 'RFC 5652 §5.6',
  level: 'must',
  holds: ({ form, content, info, signer, kind }) =>
    info !== undefined &&
    signer !== undefined &&
    verifySignerInfo({ ...form, signerInfo: signerInfoOf(info, kind.name) }, content, signer) === undefined,
};
