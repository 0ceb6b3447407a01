import { OID } from '../../oid.ts';
import { inside, members, whenPresent } from '../extension-values.ts';
import { ICAO, type Rule } from '../rule.ts';

/** No reasons [1] and no cRLIssuer [2]: one list has everything that the CSCA revoked, and the CSCA itself issues it. */
export const crlDistributionPointsNameOnly: Rule = {
  id: 'crl-distribution-points-name-only',
  profiles: ICAO,
  clause: 'Doc 9303-12 §3.1, §7.1.4; RFC 5280 §4.2.1.13',
  holds: ({ certificate }) =>
    whenPresent(certificate, OID.cRLDistributionPoints, (value) => inside(members(value), 0x30).every(({ tag }) => tag === 0xa0)),
};
