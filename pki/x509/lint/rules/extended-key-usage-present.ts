import { OID } from '../../oid.ts';
import type { Rule } from '../rule.ts';

export const extendedKeyUsagePresent: Rule = {
  id: 'extended-key-usage-present',
  profiles: ['master-list-signer', 'deviation-list-signer'],
  clause: 'Doc 9303-12 Table 6, §7.1.1.3',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.extKeyUsage),
};
