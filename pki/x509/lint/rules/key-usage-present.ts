import { OID } from '../../oid.ts';
import { ALL, type Rule } from '../rule.ts';

export const keyUsagePresent: Rule = {
  id: 'key-usage-present',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 6',
  holds: ({ certificate: { extensions } }) => extensions.has(OID.keyUsage),
};
