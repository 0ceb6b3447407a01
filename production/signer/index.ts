/**
 * The signer process's contract, server and client. The server is handed its tokens by `production/bin/signer`; nothing in
 * this room can reach an HSM by itself.
 */
export type { Alarm, PublicMaterial, SignerClient, SignerClientIdentity, SignerHealth } from './contract.ts';
export { connectSigner, type SignerAddress } from './client.ts';
export { connectSignerAuthority, type ListedDocumentSigner, type SignerAuthorityClient } from './authority-client.ts';
export { ADMISSION, admissionContent } from './admission.ts';
export { DESTRUCTION, DESTRUCTION_TYPE } from './destruction.ts';
export { cardsOfSigner, type SignedCard } from './cards-of-signer.ts';
export { reconcile, reconcileDaily, type KeyReconciliation, type Reconciliation, type Verdict } from './reconciliation.ts';
export { BIRTH_CERTIFICATE_TYPE, createAnswers } from './answers.ts';
export {
  signDocuments,
  signingOf,
  SIGNING_POINTS,
  type CardsMade,
  type DocumentToSign,
  type PreparedDocument,
  type SignerDeps,
  type Signing,
  type SigningDeps,
  type SigningPoint,
} from './signing.ts';
export { admitFromCeremony, DEFAULT_BUDGET, type BudgetPolicy, type NewDocumentSigner } from './document-signers.ts';
export { quarantineRevoked, type Trust } from './trust.ts';
export { serveSigner, type Answers, type SignerServerOptions } from './server.ts';
export { SignerError, type SignerErrorCode } from './signer-error.ts';
export type { DocumentSignerKey, SignerToken } from './token.ts';
