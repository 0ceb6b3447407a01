import { EF_SOD } from '../facts.ts';
import type { SodRule } from '../rule.ts';

export const sodOneObject = {
  id: 'sod-one-object',
  clause: 'Doc 9303-10 §4.6.2: EF.SOD is one template with tag 77, nothing after it',
  binds: 'everyone',
  about: 'file',
  holds: ({ file, object }) => file[0] === EF_SOD && object.length === file.length,
} as const satisfies SodRule;
