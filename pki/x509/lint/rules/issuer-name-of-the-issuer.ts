import { equalBytes } from '#encoder/bytes';
import { ALL, type Rule } from '../rule.ts';

/** Names are compared as bytes; a self-signed certificate names itself. */
export const issuerNameOfTheIssuer: Rule = {
  id: 'issuer-name-of-the-issuer',
  profiles: ALL,
  clause: 'RFC 5280 §4.1.2.4; Doc 9303-12 §2',
  holds: ({ certificate: { issuer: named, subject }, profile, issuer }) => {
    const expected = profile === 'csca' || profile === 'plant-signer' ? subject : issuer?.name;
    return expected === undefined || equalBytes(named, expected);
  },
};
