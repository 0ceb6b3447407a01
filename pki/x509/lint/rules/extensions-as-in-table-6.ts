import { PERMITTED } from '../extension-table.ts';
import { ALL, type Rule } from '../rule.ts';

/** What is marked x, and what the table does not know, is not there. */
export const extensionsAsInTable6: Rule = {
  id: 'extensions-as-in-table-6',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 6',
  holds: ({ certificate: { extensions }, profile }) => [...extensions.keys()].every((oid) => PERMITTED[profile].includes(oid)),
};
