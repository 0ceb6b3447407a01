import { ALL, type Rule } from '../rule.ts';

/** 31 December 99 is how one says that there is no end (99991231235959Z); a signature that never ends is no plan for its key. */
export const notAfterIsARealEnd: Rule = {
  id: 'not-after-is-a-real-end',
  profiles: ALL,
  clause: 'RFC 5280 §4.1.2.5; Doc 9303-12 §4.1, Table 1',
  holds: ({ certificate: { validity } }) => !/99-12-31T/.test(validity.notAfter.toISOString()),
};
