/**
 * Keys that live and die in a hardware token: the port, the PKCS#11 implementation, the same port over a process that holds the token
 * (`hostedHsm`, `serveHsm`), and the suite that all of them and the software HSM pass. It is not a place for formats: what is signed comes in as a
 * digest, and what comes out is raw bytes. Only `production/bin` and `pki/ceremony` reach it: whoever holds an `Hsm` can sign.
 */
export type {
  AesKey,
  EcKey,
  EcKeyPurpose,
  EcKeyRequest,
  Hsm,
  HsmKind,
  HsmObject,
  HsmObjectKind,
  RsaBits,
  RsaKey,
  RsaKeyPurpose,
  RsaKeyRequest,
  RsaScheme,
  SigningKey,
} from './hsm.ts';
export { checkValueOf, IDENTIFYING_DATA, keyIdOfPublicKey, keyIdOfUnwrapped } from './key-id.ts';
export { digestInfo, HASH_BYTES, publicKeyOfRsa, rsaBits, wrapForToken } from './rsa.ts';
export { assertSignable } from './signature-form.ts';
export { assertProductionKey } from './production-key.ts';
export { HsmError, REMEDY, TOKEN_NOT_ASKED, type HsmErrorCode, type Remedy } from './hsm-error.ts';
export { Pkcs11Hsm, type Pkcs11Options } from './pkcs11.ts';
export { hostedHsm, type HostedEvent, type HostedHsm, type HostedOptions, type HostedState } from './hosted-hsm.ts';
export { serveHsm } from './hosted-serve.ts';
export { channelToChild, channelToParent, type Channel, type HostChannel } from './hosted-channel.ts';
export type { HostClock } from './hosted-clock.ts';
export { derSignature, EC_CURVES, namedSpki, publicKeyOfPoint, verifyEcdsaRaw, type EcCurveName } from '#pki/ec';
