import type { CrlRule } from '../rule.ts';

export const extensionsNotCritical: CrlRule = {
  id: 'extensions-not-critical',
  clause: 'Doc 9303-12 Table 10',
  holds: ({ list }) => [...list.extensions.values()].every(({ critical }) => !critical),
};
