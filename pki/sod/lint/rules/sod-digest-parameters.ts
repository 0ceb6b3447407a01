import type { SodRule } from '../rule.ts';

export const sodDigestParameters = {
  id: 'sod-digest-parameters',
  clause: 'Doc 9303-10 §4.6.2.3 note 2: digest algorithms omit NULL, unless the card profile says otherwise',
  binds: 'issuer',
  about: 'signer-info',
  holds: ({ digestAlgorithm }, { data, context }) =>
    [digestAlgorithm, ...(data?.digestAlgorithms ?? [])].every(
      ({ parameters }) => parameters === (context.algorithms?.digestParameters ?? 'absent'),
    ),
} as const satisfies SodRule;
