import type { ListRule } from '../list-kind.ts';

export const oneSigner: ListRule = {
  id: 'one-signer-info',
  clause: 'Doc 9303-12 tables 18 and 19, signerInfos',
  level: 'should',
  holds: ({ form }) => form.signerInfos.length === 1,
};
