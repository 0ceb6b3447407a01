import { findCsca } from '#pki/sod';
import type { ListRule } from '../list-kind.ts';

/** The one whose key verifies the signer's certificate, among the certificates that are sent along. */
export const cscaIncluded: ListRule = {
  id: 'csca-certificate-included',
  clause: 'Doc 9303-12 tables 18 and 19, Certificates: SHOULD be included',
  level: 'should',
  holds: ({ form, signer }) => signer !== undefined && findCsca(signer, form.certificates).trusted !== undefined,
};
