import type { SodRule } from '../rule.ts';

export const sodSignerKeyIdentifierCertified = {
  id: 'sod-signer-key-identifier-certified',
  clause: 'RFC 5652 §5.3: subjectKeyIdentifier is the value of that extension of the certificate',
  binds: 'everyone',
  tolerable: true,
  about: 'signer-info',
  holds: ({ sid }, { certificate }) => 'issuer' in sid || certificate === undefined || certificate.subjectKeyIdentifier !== undefined,
} as const satisfies SodRule;
