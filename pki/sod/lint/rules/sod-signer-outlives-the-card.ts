import type { SodRule } from '../rule.ts';

export const sodSignerOutlivesTheCard = {
  id: 'sod-signer-outlives-the-card',
  clause: 'Doc 9303-12 §4.1.2: the Document Signer certificate is valid until the last document that it signed runs out, to the day',
  binds: 'issuer',
  about: 'signer-info',
  holds: (_signer, { certificate, context: { lastDay } }) =>
    certificate === undefined || lastDay === undefined || certificate.validity.notAfter >= lastDay,
} as const satisfies SodRule;
