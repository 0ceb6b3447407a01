import type { SodRule } from '../rule.ts';

export const ldsVersion = {
  id: 'lds-version',
  clause: 'Doc 9303-10 §4.6.2.3: v0, or v1, and ldsVersionInfo with v1 only',
  binds: 'everyone',
  about: 'security-object',
  holds: ({ version, versionInfo }) => (version === 0 && versionInfo === undefined) || (version === 1 && versionInfo !== undefined),
} as const satisfies SodRule;
