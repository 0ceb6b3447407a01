import { inSetOrder } from '#encoder/tlv';
import type { SodRule } from '../rule.ts';

export const sodCertificatesInDerOrder = {
  id: 'sod-certificates-in-der-order',
  clause: 'ISO/IEC 8825-1 §11.6: certificates is a SET OF',
  binds: 'everyone',
  tolerable: true,
  about: 'signed-data',
  holds: ({ certificates }) => inSetOrder(certificates).every((der, index) => der === certificates[index]),
} as const satisfies SodRule;
