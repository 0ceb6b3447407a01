/**
 * The country's chain for Terminal Authentication: CVCA, document verifier and inspection system, as card-verifiable certificates
 * (BSI TR-03110-3 annex C; the certificate policy's roles of Doc 9303-11 §7.1), their successors with link certificates, and the requests
 * for them. It makes bodies and has them signed as prepare → token → issue; it holds no key, and the format of certificates is
 * `encoder/cv-certificate`'s. The SPOC protocol that carries requests between States is not here.
 */
export {
  cvcaBody,
  cvcaLinkBody,
  cvPublicKey,
  documentVerifierBody,
  holderReference,
  inspectionSystemBody,
  nextHolderReference,
  successorBody,
  type CvKey,
} from './bodies.ts';
export {
  cvTokenOf,
  issueCv,
  issueCvCertificate,
  prepareCvAuthentication,
  prepareCvCertificate,
  prepareCvRequest,
  type CvSignedKind,
  type CvToken,
} from './sign.ts';
export { cvRequestFault, decodeCvRequest, type CvRequest, type CvRequestBody, type CvRequestFault } from './request.ts';
export { holderOfChain, requestedBody } from './certify.ts';
export { CvcaError, type CvcaErrorCode } from './cvca-error.ts';
