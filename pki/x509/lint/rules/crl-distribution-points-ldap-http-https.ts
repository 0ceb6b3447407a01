import { OID } from '../../oid.ts';
import { inside, members, whenPresent } from '../extension-values.ts';
import { ICAO, type Rule } from '../rule.ts';

/** URIs [6] of { distributionPoint [0] { fullName [0] { … } } } (RFC 5280 §4.2.1.13). */
export const crlDistributionPointsLdapHttpHttps: Rule = {
  id: 'crl-distribution-points-ldap-http-https',
  profiles: ICAO,
  clause: 'Doc 9303-12 Table 6, CRLDistributionPoints; §7.1.1.4',
  holds: ({ certificate }) =>
    whenPresent(certificate, OID.cRLDistributionPoints, (value) => {
      const names = inside(inside(inside(members(value), 0x30), 0xa0), 0xa0);
      const urls = names.map(({ tag, value: url }) => (tag === 0x86 ? Buffer.from(url).toString('latin1') : ''));
      return urls.length > 0 && urls.every((url) => /^(ldap|https?):\/\/./.test(url));
    }),
};
