/**
 * Cryptographic Message Syntax (RFC 5652) as far as cards and manifests need it: SignedData with one signer, detached
 * signatures for files, and the strict reader that EF.SOD is verified with. No encryption, no counter-signatures, no BER.
 */
export { CmsError, type CmsErrorCode } from './cms-error.ts';
export { encodeSignedAttributes, encodeSignedData, type SignedAttributes, type SignedDataParts } from './encode.ts';
export { hashOfOid, parseSignedData, verifySignerInfo, type SignedData, type SignerInfo, type SignerInfoFault } from './signed-data.ts';
export { signDetached, verifyDetached, type DetachedSignature, type DetachedSigner } from './detached.ts';
