import { equalBytes } from '#encoder/bytes';
import { subjectKeyIdentifierOf } from '../../extensions.ts';
import { ALL, type Rule } from '../rule.ts';

/** It is also the identifier by which a token finds the key (CKA_ID). */
export const subjectKeyIdentifierOfTheKey: Rule = {
  id: 'subject-key-identifier-of-the-key',
  profiles: ALL,
  clause: 'RFC 5280 §4.2.1.2, method 1',
  holds: ({ certificate: { spki, subjectKeyIdentifier: own } }) => own === undefined || equalBytes(own, subjectKeyIdentifierOf(spki)),
};
