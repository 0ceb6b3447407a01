import { CRITICAL } from '../extension-table.ts';
import { ALL, type Rule } from '../rule.ts';

export const criticalityAsInTable6: Rule = {
  id: 'criticality-as-in-table-6',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 6; RFC 5280 §4.2',
  holds: ({ certificate: { extensions } }) => [...extensions].every(([oid, { critical }]) => critical === CRITICAL.includes(oid)),
};
