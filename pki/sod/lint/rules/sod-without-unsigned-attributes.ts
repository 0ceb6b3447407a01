import type { SodRule } from '../rule.ts';

export const sodWithoutUnsignedAttributes = {
  id: 'sod-without-unsigned-attributes',
  clause: 'Doc 9303-10 table 37: unsignedAttrs is not recommended; receiving States may ignore it',
  binds: 'everyone',
  tolerable: true,
  about: 'signer-info',
  holds: ({ hasUnsignedAttributes }) => !hasUnsignedAttributes,
} as const satisfies SodRule;
