import { OID } from '../../oid.ts';
import { AUTHORITIES, type Rule } from '../rule.ts';

export const privateKeyUsagePeriodPresent: Rule = {
  id: 'private-key-usage-period-present',
  profiles: [...AUTHORITIES, 'document-signer', 'plant-signer'],
  clause: 'Doc 9303-12 Table 6',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.privateKeyUsagePeriod),
};
