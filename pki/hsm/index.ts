/**
 * Keys that live and die in a hardware token: the port, the PKCS#11 implementation, and the suite that both it and the
 * software HSM pass. It is not a place for formats: what is signed comes in as a digest, and what comes out is raw bytes.
 * Only `production/bin/signer` and `pki/ceremony` reach it: whoever holds an `Hsm` can sign.
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
export { assertSignable, digestInfo, HASH_BYTES, publicKeyOfRsa, rsaBits, wrapForToken } from './rsa.ts';
export { assertProductionKey } from './production-key.ts';
export { HsmError, REMEDY, type HsmErrorCode } from './hsm-error.ts';
export { Pkcs11Hsm, type Pkcs11Options } from './pkcs11.ts';
export { EC_CURVES, namedSpki, publicKeyOfPoint, verifyEcdsaRaw, type EcCurveName } from '#pki/ec';
