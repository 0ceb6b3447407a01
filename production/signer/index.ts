/**
 * The signer process's contract, server and client. The server is handed its token by `production/bin/signer`; nothing in
 * this room can reach an HSM by itself.
 */
export type { PublicMaterial, SignerClient, SignerClientIdentity } from './contract.ts';
export { connectSigner } from './client.ts';
export { BIRTH_CERTIFICATE_TYPE, createAnswers } from './answers.ts';
export type { SignerDeps } from './signing.ts';
export { serveSigner, type Answers, type SignerServerOptions } from './server.ts';
export { SignerError, type SignerErrorCode } from './signer-error.ts';
export type { SignerToken } from './token.ts';
