import { ALL, type Rule } from '../rule.ts';

export const notBeforePrecedesNotAfter: Rule = {
  id: 'not-before-precedes-not-after',
  profiles: ALL,
  clause: 'RFC 5280 §4.1.2.5',
  holds: ({ certificate: { validity } }) => validity.notBefore < validity.notAfter,
};
