import type { SodRule } from '../rule.ts';

export const sodSignerInfoVersion = {
  id: 'sod-signer-info-version',
  clause: 'RFC 5652 §5.3: version 1 with issuerAndSerialNumber, 3 with subjectKeyIdentifier',
  binds: 'everyone',
  tolerable: true,
  about: 'signer-info',
  holds: ({ version, sid }) => version === ('issuer' in sid ? 1 : 3),
} as const satisfies SodRule;
