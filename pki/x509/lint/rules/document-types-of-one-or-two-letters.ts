import { OID } from '../../oid.ts';
import { whenPresent } from '../extension-values.ts';
import type { Rule } from '../rule.ts';

/** As they appear in the MRZ. */
export const documentTypesOfOneOrTwoLetters: Rule = {
  id: 'document-types-of-one-or-two-letters',
  profiles: ['document-signer'],
  clause: 'Doc 9303-12 §7.1.1.6',
  holds: ({ certificate }) =>
    whenPresent(certificate, OID.documentTypeList, () => {
      const types = certificate.documentTypes ?? [];
      return types.length > 0 && types.every((type) => /^[A-Z]{1,2}$/.test(type));
    }),
};
