/**
 * Card-verifiable certificates (BSI TR-03110-3 annex C, Doc 9303-12 §7.2): their form, their keys and signatures, and the rules of a
 * chain. A room of its own, because those who issue them (`pki`) and chips that verify them share the form and nothing else.
 */
export {
  CV_TERMINAL_TYPES,
  cvCertificate,
  cvCertificateExamples,
  cvCertificateParts,
  encodeCvCertificateBody,
  encodeCvDate,
  encodeCvReference,
  isCvReference,
  readCvCertificateBody,
  readCvDate,
  readCvReference,
  type CvCertificate,
  type CvCertificateBody,
  type CvHolderAuthorization,
} from './cv-certificate.ts';
export { CV_ALGORITHMS, type CvAlgorithm } from './cv-certificate-algorithms.ts';
export { CvCertificateError, type CvCertificateErrorCode } from './cv-certificate-error.ts';
export {
  cvDomainParameters,
  encodeCvPublicKey,
  readCvPublicKey,
  type CvDomainParameters,
  type CvPublicKey,
} from './cv-certificate-public-key.ts';
export { checkCvKey, verifyByCvKey, verifyCvSignature } from './cv-certificate-signature.ts';
export {
  cvRole,
  cvTrustPoint,
  importCvCertificate,
  inspectionRights,
  verifyCvChain,
  type CvHolder,
  type CvRole,
  type CvState,
} from './cv-certificate-chain.ts';
export { cvCertificatePath } from './cv-certificate-path.ts';
