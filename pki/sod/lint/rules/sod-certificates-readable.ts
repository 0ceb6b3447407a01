import type { SodRule } from '../rule.ts';

export const sodCertificatesReadable = {
  id: 'sod-certificates-readable',
  clause: 'RFC 5652 §10.2.2: certificates are X.509 certificates (RFC 5280 §4.1)',
  binds: 'everyone',
  about: 'signed-data',
  holds: (data, { certificates }) => certificates.length === data.certificates.length,
} as const satisfies SodRule;
