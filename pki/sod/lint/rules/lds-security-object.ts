import type { SodRule } from '../rule.ts';

export const ldsSecurityObjectForm = {
  id: 'lds-security-object',
  clause: 'Doc 9303-10 §4.6.2.3: eContent is an LDSSecurityObject, member by member',
  binds: 'everyone',
  about: 'signed-data',
  holds: (_data, { lds }) => lds !== undefined,
} as const satisfies SodRule;
