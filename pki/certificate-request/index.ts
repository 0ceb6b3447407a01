/**
 * Certification requests (PKCS #10, RFC 2986): a key that was made in our token asks another authority's CSCA, or our own ceremony, for its certificate, and the certificate
 * that comes back is matched to that key. It issues nothing and holds no key: signing is a callback, verification node:crypto's.
 */
export { CertificateRequestError, type CertificateRequestErrorCode } from './certificate-request-error.ts';
export { readAloud } from './read-aloud.ts';
export { parseCertificateRequest, verifyCertificateRequest, type Pkcs10Request } from './read.ts';
export {
  certificateRequestTokenOf,
  issueCertificateRequest,
  prepareCertificateRequest,
  type CertificateRequestToken,
  type RequestedCertificate,
} from './issue.ts';
export { matchCertificate, type ReturnedCertificate } from './match.ts';
export { provesKey } from './test-signature.ts';
