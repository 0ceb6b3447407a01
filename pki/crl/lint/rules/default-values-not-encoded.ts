import type { CrlRule } from '../rule.ts';

/** `critical` is FALSE by not being there. */
export const defaultValuesNotEncoded: CrlRule = {
  id: 'default-values-not-encoded',
  clause: 'Doc 9303-12 Table 9, crlExtensions; ISO/IEC 8825-1 §11.5',
  holds: ({ list }) =>
    [list, ...list.entries].every(({ extensions }) => [...extensions.values()].every(({ falseSpelledOut }) => !falseSpelledOut)),
};
