import { parseCertificate } from '#pki/x509';
import type { ListRule } from '#pki/signed-list';
import { readMasterListContent } from '../content.ts';

const KEY_CERT_SIGN = 5;

/** "CSCA self-signed Root certificates and CSCA Link certificates may be included": nothing else may. */
export const certificatesOfCscas: ListRule = {
  id: 'listed-certificates-of-cscas-only',
  clause: 'Doc 9303-12 §5.3',
  level: 'must',
  holds: ({ content }) =>
    readMasterListContent(content).certificates.every((der) => {
      const { isCa, keyUsage } = parseCertificate(der);
      return isCa && keyUsage.includes(KEY_CERT_SIGN);
    }),
};
