import { documentTypeOf } from '../../data-groups.ts';
import type { SodRule } from '../rule.ts';

export const sodDocumentTypeCertified = {
  id: 'sod-document-type-certified',
  clause: 'Doc 9303-12 §7.1.1.6: the document code in DG1 is in the document type list of the Document Signer',
  binds: 'issuer',
  about: 'signer-info',
  holds: (_signer, { certificate, context: { dataGroups } }) => {
    const dg1 = dataGroups?.get(1);
    if (certificate === undefined || dg1 === undefined) return true;
    try {
      return certificate.documentTypes?.includes(documentTypeOf(dg1)) === true;
    } catch {
      return false;
    }
  },
} as const satisfies SodRule;
