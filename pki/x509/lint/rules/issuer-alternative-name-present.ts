import { OID } from '../../oid.ts';
import { ICAO, type Rule } from '../rule.ts';

export const issuerAlternativeNamePresent: Rule = {
  id: 'issuer-alternative-name-present',
  profiles: ICAO,
  clause: 'Doc 9303-12 Table 6',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.issuerAltName),
};
