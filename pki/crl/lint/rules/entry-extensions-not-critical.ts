import type { CrlRule } from '../rule.ts';

export const entryExtensionsNotCritical: CrlRule = {
  id: 'entry-extensions-not-critical',
  clause: 'Doc 9303-12 Table 10, other private extensions',
  holds: ({ list }) => list.entries.every(({ extensions }) => [...extensions.values()].every(({ critical }) => !critical)),
};
