import type { CrlRule } from '../rule.ts';

export const thisUpdatePrecedesNextUpdate: CrlRule = {
  id: 'this-update-precedes-next-update',
  clause: 'RFC 5280 §5.1.2.5',
  holds: ({ list }) => list.thisUpdate < list.nextUpdate,
};
