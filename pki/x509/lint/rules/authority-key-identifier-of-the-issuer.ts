import { equalBytes } from '#encoder/bytes';
import { subjectKeyIdentifierOf } from '../../extensions.ts';
import { OID } from '../../oid.ts';
import { whenPresent } from '../extension-values.ts';
import { ICAO, type Rule } from '../rule.ts';

/** With its keyIdentifier, which is the issuer's; a self-signed certificate names its own key. */
export const authorityKeyIdentifierOfTheIssuer: Rule = {
  id: 'authority-key-identifier-of-the-issuer',
  profiles: ICAO,
  clause: 'RFC 5280 §4.2.1.1; Doc 9303-12 Table 6',
  holds: ({ certificate, profile, issuer }) =>
    whenPresent(certificate, OID.authorityKeyIdentifier, () => {
      const { authorityKeyIdentifier: named, spki } = certificate;
      const expected = profile === 'csca' ? subjectKeyIdentifierOf(spki) : issuer?.keyIdentifier;
      return named !== undefined && (expected === undefined || equalBytes(named, expected));
    }),
};
