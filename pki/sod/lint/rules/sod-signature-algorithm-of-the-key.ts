import type { SodRule } from '../rule.ts';

export const sodSignatureAlgorithmOfTheKey = {
  id: 'sod-signature-algorithm-of-the-key',
  clause: 'Doc 9303-12 §4.4: the algorithm of the signature is one of the key in the certificate',
  binds: 'everyone',
  code: 'SOD_ALGORITHM_UNSUPPORTED',
  about: 'signer-info',
  holds: (_signer, { algorithm, certificate }) => {
    const type = certificate?.publicKey.asymmetricKeyType;
    if (algorithm === undefined || type === undefined) return true;
    return type === algorithm.algorithm.key || (type === 'rsa' && algorithm.algorithm.key === 'rsa-pss');
  },
} as const satisfies SodRule;
