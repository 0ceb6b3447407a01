import { ALL, type Rule } from '../rule.ts';

export const uniqueIdentifiersAbsent: Rule = {
  id: 'unique-identifiers-absent',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 5, issuerUniqueID and subjectUniqueID',
  holds: ({ certificate: { hasUniqueIdentifiers } }) => !hasUniqueIdentifiers,
};
