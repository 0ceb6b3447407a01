import type { SodRule } from '../rule.ts';

export const sodSignatureAlgorithmNamesItsHash = {
  id: 'sod-signature-algorithm-names-its-hash',
  clause: 'Doc 9303-10 table 37: signatureAlgorithm is that of the signature, not of its key (ecPublicKey, rsaEncryption)',
  binds: 'everyone',
  tolerable: true,
  about: 'signer-info',
  holds: (_signer, { algorithm }) => algorithm?.named !== 'by-its-key',
} as const satisfies SodRule;
