/**
 * The country's chain for Terminal Authentication: CVCA, document verifier and inspection system, as card-verifiable certificates
 * (BSI TR-03110-3 annex C; the certificate policy's roles of Doc 9303-11 §7.1). It makes bodies and has them signed; it holds no key,
 * and the format is `encoder/cv-certificate`'s.
 */
export {
  cvcaBody,
  documentVerifierBody,
  holderReference,
  inspectionSystemBody,
  issueCvCertificate,
  nextHolderReference,
  type CvKey,
} from './issue.ts';
export { CvcaError, type CvcaErrorCode } from './cvca-error.ts';
