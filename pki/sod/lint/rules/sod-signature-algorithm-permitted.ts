import type { SodRule } from '../rule.ts';

export const sodSignatureAlgorithmPermitted = {
  id: 'sod-signature-algorithm-permitted',
  clause: 'Doc 9303-12 §4.4: ECDSA, RSASSA-PKCS1-v1_5 or RSASSA-PSS with a permitted hash',
  binds: 'everyone',
  code: 'SOD_ALGORITHM_UNSUPPORTED',
  about: 'signer-info',
  holds: (_signer, { algorithm }) => algorithm !== undefined,
} as const satisfies SodRule;
