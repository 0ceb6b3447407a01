import { isKeyOf, signatureAlgorithmOf } from '../../algorithms.ts';
import type { SodRule } from '../rule.ts';

export const sodAlgorithmsOfTheProfile = {
  id: 'sod-algorithms-of-the-profile',
  clause: 'card profile, algorithms.sod: kind, curve or size, and hash of the signature; how the signer is named',
  binds: 'issuer',
  about: 'signer-info',
  holds: ({ sid }, { algorithm, certificate, context: { algorithms } }) => {
    if (algorithms === undefined || algorithm === undefined || certificate === undefined) return true;
    const wanted = signatureAlgorithmOf(algorithms);
    const byIssuer = algorithms.signerIdentifier !== 'subject-key-identifier';
    return (
      algorithm.algorithm.key === wanted.key &&
      algorithm.algorithm.hash === wanted.hash &&
      isKeyOf(algorithms, certificate) &&
      'issuer' in sid === byIssuer
    );
  },
} as const satisfies SodRule;
