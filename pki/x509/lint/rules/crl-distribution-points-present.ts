import { OID } from '../../oid.ts';
import { ICAO, type Rule } from '../rule.ts';

export const crlDistributionPointsPresent: Rule = {
  id: 'crl-distribution-points-present',
  profiles: ICAO,
  clause: 'Doc 9303-12 Table 6',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.cRLDistributionPoints),
};
