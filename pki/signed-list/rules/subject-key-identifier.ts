import type { ListRule } from '../list-kind.ts';

export const subjectKeyIdentifier: ListRule = {
  id: 'signer-named-by-subject-key-identifier',
  clause: 'Doc 9303-12 tables 18 and 19, subjectKeyIdentifier',
  level: 'should',
  holds: ({ info }) => info !== undefined && 'subjectKeyIdentifier' in info.sid,
};
