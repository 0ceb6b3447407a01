import type { SodRule } from '../rule.ts';

export const sodSignerCertificate = {
  id: 'sod-signer-certificate',
  clause: 'Doc 9303-10 table 37: certificates has the Document Signer certificate that verifies the signature, once',
  binds: 'everyone',
  code: 'SOD_SIGNER_AMBIGUOUS',
  about: 'signed-data',
  holds: (_data, { certificate }) => certificate !== undefined,
} as const satisfies SodRule;
