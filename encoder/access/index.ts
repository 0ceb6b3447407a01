/**
 * Access to a chip and proof of it, from both ends: Basic Access Control, PACE, secure messaging, Active, Chip and Terminal
 * Authentication (Doc 9303-11), and the block ciphers and MACs they stand on. It decides nothing about a card: verdicts are `inspection`'s.
 */
export { AccessError, type AccessErrorCode } from './access-error.ts';
export { aesCbc, aesEcb, pad2, tdesCbc, tdesEcb, unpad2 } from './cipher.ts';
export { aesCmac, retailMac } from './mac.ts';
export { CIPHER_SUITES, deriveKey, deriveSessionKeys, type CipherName, type CipherSuite, type SessionKeys } from './cipher-suite.ts';
export {
  basicAccessKeys,
  canPassword,
  mrzPassword,
  PASSWORD_REFERENCES,
  type PacePassword,
  type PasswordKind,
  pinPassword,
  pukPassword,
} from './password.ts';
export { secureMessaging, SmSession, type SmChannel } from './secure-messaging.ts';
export type { RetryCounter, RetryCounters } from './retry-counter.ts';
export type { CardStep, EphemeralKeys, RandomSource } from './session-result.ts';
export { BacCardSession, openBac } from './bac.ts';
export { paceParameters, type PaceParameters } from './pace-parameters.ts';
export { type PaceChoice, paceChoices } from './pace-choice.ts';
export { openPace, openPaceSession, type PaceRequest, type PaceSession } from './pace.ts';
export { type ChipAuthenticationProof, verifyChipAuthenticationMapping } from './pace-cam.ts';
export { type PaceCardOptions, PaceCardSession } from './pace-card.ts';
export { authenticateChip, type ChipAuthenticationRequest } from './chip-authentication.ts';
export { ChipAuthenticationCardSession } from './chip-authentication-card.ts';
export { type ChipAuthenticationChoice, chipAuthenticationChoices } from './chip-authentication-choice.ts';
export { type ChipAuthenticationKey, chipAuthenticationPublicKey, type ChipAuthenticationPublicKey } from './chip-authentication-key.ts';
export { chipAuthenticationParameters, type ChipAuthenticationParameters } from './chip-authentication-parameters.ts';
export {
  ACTIVE_AUTHENTICATION_CHALLENGE,
  answerInternalAuthenticate,
  authenticateActively,
  messageRepresentative,
  rawRsa,
  verifyActiveAuthentication,
  type ActiveAuthenticationKey,
  type ActiveAuthenticationRequest,
  type RawRsa,
} from './active-authentication.ts';
export { EC_DOMAINS, ecDomainById, type EcDomain, type EcDomainName } from './curves.ts';
export { DH_DOMAINS, type DhDomain, type DhDomainName } from './dh-domains.ts';
export { EMRTD_AID, isFileUnavailable, readFile, selectApplication, selectFile, SHORT_READ_MAX, type ReadOptions } from './files.ts';
export {
  authenticateTerminal,
  basicAccessIdentifier,
  readCertificationAuthorityReferences,
  type TerminalAuthenticationRequest,
} from './terminal-authentication.ts';
export { type InspectionRights, TerminalAuthenticationCardSession, type TerminalBinding } from './terminal-authentication-card.ts';
export { efCvcaOf, type TrustPoints, trustPointsFile, type TrustPointStore, trustPointStore } from './trust-points.ts';
