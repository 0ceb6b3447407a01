import type { SodRule } from '../rule.ts';

export const ldsDigestParameters = {
  id: 'lds-digest-parameters',
  clause: 'Doc 9303-10 §4.6.2.3 note 2: the hash algorithm omits NULL, unless the card profile says otherwise',
  binds: 'issuer',
  about: 'security-object',
  holds: ({ digestParameters }, { context }) => digestParameters === (context.algorithms?.digestParameters ?? 'absent'),
} as const satisfies SodRule;
