import type { SodRule } from '../rule.ts';

export const sodSignatureAlgorithmParameters = {
  id: 'sod-signature-algorithm-parameters',
  clause: 'Doc 9303-10 §4.6.2.3 note 2, RFC 5758 §3.2: NULL with PKCS #1 v1.5, none with ECDSA',
  binds: 'everyone',
  tolerable: true,
  about: 'signer-info',
  holds: (_signer, { algorithm }) => algorithm?.named !== 'with-other-parameters',
} as const satisfies SodRule;
