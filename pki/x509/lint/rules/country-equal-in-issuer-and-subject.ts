import { OID } from '../../oid.ts';
import { attributesOf } from '../names.ts';
import { ICAO, type Rule } from '../rule.ts';

export const countryEqualInIssuerAndSubject: Rule = {
  id: 'country-equal-in-issuer-and-subject',
  profiles: ICAO,
  clause: 'Doc 9303-12 Table 5, subject',
  holds: ({ certificate: { issuer, subject } }) => country(issuer) === country(subject),
};

function country(name: Uint8Array): string {
  return attributesOf(name, OID.countryName)
    .map(({ text }) => text)
    .join();
}
