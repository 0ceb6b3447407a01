import type { ListRule } from '../list-kind.ts';

/** Table 19 forbids them; table 18 leaves them to be ignored, so that a Master List is better without. */
export const noUnsignedAttributes: ListRule = {
  id: 'no-unsigned-attributes',
  clause: 'Doc 9303-12 table 19, unsignedAttrs',
  level: 'must',
  holds: ({ form }) => form.signerInfos.every(({ hasUnsignedAttributes }) => !hasUnsignedAttributes),
};
