import { nonDer } from '#pki/cms';
import type { SodRule } from '../rule.ts';

/** Certificates are `#pki/x509`'s to judge: tag [0] in SignedData, which stands in [0], in ContentInfo, in the template. */
const isCertificates = (tag: number, depth: number): boolean => tag === 0xa0 && depth === 4;

export const sodInDer = {
  id: 'sod-in-der',
  clause: 'Doc 9303-10 §4.6.2.2: the signed data is in DER (ISO/IEC 8825-1 §10, §11)',
  binds: 'everyone',
  about: 'file',
  holds: ({ object }) => nonDer(object, isCertificates) === undefined,
} as const satisfies SodRule;
