/**
 * The Document Security Object (Doc 9303-10 §4.6.2 and Appendix D): made as prepare → token → issue for one card, and verified as
 * Passive Authentication does it, on our own cards and on anyone's. It knows files and certificates, not cards or citizens,
 * and holds no key: the signature comes from the signer.
 */
export { SodError, type SodErrorCode } from './sod-error.ts';
export { documentSigner, issueSod, prepareSod, sodTokenOf, type DocumentSigner, type SodRequest, type SodToken } from './issue.ts';
export { verifySod, type PassiveAuthenticationVerdict } from './verify.ts';
export { verifyCardSecurity, type CardSecurityVerdict } from './card-security.ts';
export {
  findCsca,
  signerOf,
  type CscaMatch,
  type PassiveAuthenticationCheck,
  type PassiveAuthenticationCode,
  type PassiveAuthenticationOptions,
} from './document-signer-checks.ts';
