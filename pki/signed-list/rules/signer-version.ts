import type { ListRule } from '../list-kind.ts';

export const signerVersion: ListRule = {
  id: 'signer-info-version-of-its-identifier',
  clause: 'Doc 9303-12 tables 18 and 19, SignerInfo Version; RFC 5652 §5.3',
  level: 'must',
  holds: ({ info }) => info !== undefined && info.version === ('issuer' in info.sid ? 1 : 3),
};
