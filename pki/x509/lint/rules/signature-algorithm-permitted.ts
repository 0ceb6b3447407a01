import { ALL, type Rule } from '../rule.ts';

/** ECDSA, RSASSA-PKCS1-v1_5 and RSASSA-PSS with SHA-224 to SHA-512. SHA-1 is not among them. */
export const signatureAlgorithmPermitted: Rule = {
  id: 'signature-algorithm-permitted',
  profiles: ALL,
  clause: 'Doc 9303-12 §4.1.6',
  holds: ({ certificate: { signatureAlgorithm } }) => signatureAlgorithm !== undefined,
};
