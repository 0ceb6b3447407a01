import { equalBytes } from '#encoder/bytes';
import { subjectKeyIdentifierOf } from '../../extensions.ts';
import type { Rule } from '../rule.ts';

/** It links the new key to the old key, which signs. */
export const linkCertifiesAnotherKey: Rule = {
  id: 'link-certifies-another-key',
  profiles: ['csca-link'],
  clause: 'Doc 9303-12 §4.1.4',
  holds: ({ certificate: { spki, authorityKeyIdentifier: old } }) => old === undefined || !equalBytes(old, subjectKeyIdentifierOf(spki)),
};
