import { equalBytes } from '#encoder/bytes';
import { inDerOrder } from '../der-order.ts';
import type { SodRule } from '../rule.ts';

export const sodSignedAttributesInDerOrder = {
  id: 'sod-signed-attributes-in-der-order',
  clause: 'RFC 5652 §5.3: SignedAttributes MUST be DER encoded, members in ascending order (ISO/IEC 8825-1 §11.6)',
  binds: 'everyone',
  tolerable: true,
  about: 'signer-info',
  holds: ({ signedAttributes }) => signedAttributes === undefined || equalBytes(inDerOrder(signedAttributes), signedAttributes),
} as const satisfies SodRule;
