import { lintCertificate } from '#pki/x509';
import type { ListRule } from '../list-kind.ts';

export const signerProfile: ListRule = {
  id: 'signer-certificate-keeps-its-profile',
  clause: 'Doc 9303-12 table 6, column Master List Signer & Deviation List Signer',
  level: 'must',
  holds: ({ kind, signer }) => signer !== undefined && lintCertificate(signer, kind.signerProfile).length === 0,
};
