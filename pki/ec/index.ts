/**
 * Elliptic curve data that every other room of `pki` needs: names of curves, public keys as points and as
 * SubjectPublicKeyInfo (explicit for Doc 9303-12, named for everything else), and the two spellings of an ECDSA signature.
 * It computes nothing on a curve: signing is the token's work, verification node:crypto's.
 */
export { EC_CURVES, curveOfOid, isEcCurveName, type EcCurve, type EcCurveName } from './curves.ts';
export { explicitSpki, namedSpki, pointOfKey, publicKeyOfPoint } from './public-key.ts';
export { derSignature, rawSignature } from './signature.ts';
export { verifyEcdsaRaw } from './verify.ts';
export { EcError, type EcErrorCode } from './ec-error.ts';
