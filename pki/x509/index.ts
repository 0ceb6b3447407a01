/**
 * Certificates: the profiles of Doc 9303-12 §7.1 (CSCA and its link certificate, Document Signer, Master List Signer, Deviation List Signer) and of the plant's own
 * signer, made as prepare → token → issue, linted before they are signed (`lint/`: one rule a file); and the strict reader that every verification stands on. It holds
 * no key: signing is a callback, verification node:crypto's, because it alone handles explicit curve parameters.
 */
export { X509Error, type X509ErrorCode } from './x509-error.ts';
export { OID } from './oid.ts';
export { decodeTime, encodeTime, hasTimeForm } from './time.ts';
export {
  algorithmOfOid,
  encodeAlgorithm,
  encodeEcdsaAlgorithm,
  ECDSA_OID,
  readAlgorithm,
  signatureFromToken,
  verifySignature,
  verifySignatureOnPool,
  type HashName,
  type SignatureAlgorithm,
} from './signature-algorithm.ts';
export {
  parseCertificate,
  parseTbsCertificate,
  unprocessedCritical,
  type Certificate,
  type CertificateExtension,
  type TbsCertificate,
} from './certificate.ts';
export { encodeName, nameInDer, parsedName, type DistinguishedName } from './name.ts';
export { isDer } from './is-der.ts';
export { isSerialNumber } from './serial-number.ts';
export { subjectPublicKeyInfo, type SubjectKey } from './subject-public-key.ts';
export { issuedBy, lintCertificate, lintEncodedCertificate } from './lint/lint.ts';
export { broken, type CertificateProfile, type LintFinding, type LintParameters, type LintRule } from './lint/rule.ts';
export {
  certificateTokenOf,
  issueCertificate,
  prepareCertificate,
  type CertificateRequest,
  type CertificateToken,
  type DigestSigner,
  type IssuingKey,
} from './issue.ts';
export {
  cscaCertificate,
  cscaLinkCertificate,
  deviationListSignerCertificate,
  documentSignerCertificate,
  masterListSignerCertificate,
  plantSignerCertificate,
  type IcaoInput,
  type ProfileInput,
  type ProfileKey,
} from './profiles.ts';
export { lintRollOver } from './roll-over.ts';
export { addDays, addYears } from './calendar.ts';
export {
  authorityKeyIdentifier as authorityKeyIdentifierExtension,
  extension as encodedExtension,
  subjectKeyIdentifierOf,
} from './extensions.ts';
export { BrainpoolEngine, secondOpinion } from './second-opinion.ts';
