/**
 * The Document Security Object (Doc 9303-10 §4.6.2 and Appendix D): made as prepare → token → issue for one card by the algorithms of its
 * profile, linted before it is signed, and verified as Passive Authentication does it, on our own cards and on anyone's. It knows files and
 * certificates, not cards or citizens, and holds no key: the signature comes from the signer.
 */
export { SodError, type SodErrorCode } from './sod-error.ts';
export { isKeyOf, signatureAlgorithmOf, type SodAlgorithms, type SodDigest } from './algorithms.ts';
export { lastDayOf } from './card-life.ts';
export { documentSigner, type DocumentSigner } from './document-signer.ts';
export { issueSod, issueSodOnPool, prepareSod, sodTokenOf, type SodRequest, type SodToken } from './issue.ts';
export { lintSod, type SodFinding } from './lint/lint.ts';
export { FOREIGN_DEVIATIONS, SOD_RULES, type SodDeviation, type SodRuleId } from './lint/rules.ts';
export type { SodContext } from './lint/facts.ts';
export { verifySod, type PassiveAuthenticationVerdict, type SodOptions } from './verify.ts';
export { issueCardSecurity, type CardSecurityRequest } from './issue-card-security.ts';
export { verifyCardSecurity, type CardSecurityVerdict } from './card-security.ts';
export {
  findCsca,
  signerOf,
  type CscaMatch,
  type PassiveAuthenticationCheck,
  type PassiveAuthenticationCode,
  type PassiveAuthenticationOptions,
} from './document-signer-checks.ts';
