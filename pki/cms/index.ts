/**
 * Cryptographic Message Syntax (RFC 5652) as far as cards, lists and manifests need it: SignedData with one signer, by any algorithm of
 * `#pki/x509`, with its content inside or detached; the strict reader that EF.SOD is verified with, and the reader without a judgement that
 * linters look through. No encryption, no counter-signatures, no BER.
 */
export { CmsError, type CmsErrorCode } from './cms-error.ts';
export {
  encodeSignedAttributes,
  encodeSignedData,
  isNamedBy,
  signerIdentifier,
  type SignedAttributes,
  type SignedDataParts,
  type SignerIdentifier,
  type SignerIdentifierForm,
} from './encode.ts';
export { readSignedData, type AlgorithmForm, type AttributeForm, type SignedDataForm, type SignerInfoForm } from './read-signed-data.ts';
export {
  hashOfOid,
  parseSignedData,
  signerInfoOf,
  verifySignerInfo,
  type SignedData,
  type SignerInfo,
  type SignerInfoFault,
} from './signed-data.ts';
export { signAttached, type CmsSigner, type ContentToSign } from './attached.ts';
export { signDetached, verifyDetached, type DetachedSignature, type DetachedSigner } from './detached.ts';
export { nonDer } from './der-form.ts';
export { namedAlgorithm, type NamedAlgorithm } from './foreign-algorithm.ts';
