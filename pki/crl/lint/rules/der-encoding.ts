import { isDer } from '#pki/x509';
import type { CrlRule } from '../rule.ts';

export const derEncoding: CrlRule = {
  id: 'der-encoding',
  clause: 'Doc 9303-12 §7; ISO/IEC 8825-1 §10, §11',
  holds: ({ list }) =>
    [list.tbs, ...[list, ...list.entries].flatMap(({ extensions }) => [...extensions.values()].map(({ value }) => value))].every(isDer),
};
