import type { ListRule } from '../list-kind.ts';

export const signerIncluded: ListRule = {
  id: 'signer-certificate-included',
  clause: 'Doc 9303-12 tables 18 and 19, Certificates: MUST be included',
  level: 'must',
  holds: ({ signer }) => signer !== undefined,
};
