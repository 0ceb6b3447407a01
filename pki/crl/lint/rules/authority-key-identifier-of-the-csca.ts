import { equalBytes } from '#encoder/bytes';
import { OID } from '#pki/x509';
import { authorityKeyOf } from '../../crl.ts';
import type { CrlRule } from '../rule.ts';

/** The same value as the subject key identifier of the CSCA's certificate. */
export const authorityKeyIdentifierOfTheCsca: CrlRule = {
  id: 'authority-key-identifier-of-the-csca',
  clause: 'Doc 9303-12 Table 10, authorityKeyIdentifier',
  holds: ({ list, csca: { subjectKeyIdentifier: own } }) => {
    if (!list.extensions.has(OID.authorityKeyIdentifier)) return true;
    const named = authorityKeyOf(list);
    return named !== undefined && own !== undefined && equalBytes(named, own);
  },
};
