import type { ListRule } from '../list-kind.ts';
import { purposesOf } from '../purposes.ts';

export const signerPurpose: ListRule = {
  id: 'signer-has-the-purpose-of-the-list',
  clause: 'Doc 9303-12 §7.1.1.3',
  level: 'must',
  holds: ({ kind, signer }) => signer !== undefined && purposesOf(signer).join() === kind.purpose,
};
