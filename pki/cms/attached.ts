import { createHash } from 'node:crypto';
import {
  parseCertificate,
  signatureFromToken,
  verifySignature,
  type Certificate,
  type DigestSigner,
  type SignatureAlgorithm,
} from '#pki/x509';
import { CmsError } from './cms-error.ts';
import { encodeSignedAttributes, encodeSignedData, signerIdentifier, type SignedDataParts, type SignerIdentifierForm } from './encode.ts';

/** Whose signature: the certificate, the algorithm of its key, and the callback that signs a digest by it. */
export interface CmsSigner {
  readonly certificate: Uint8Array;
  /** ECDSA with SHA-256 where none is given. */
  readonly algorithm?: SignatureAlgorithm;
  readonly identifiedBy?: SignerIdentifierForm;
  readonly digestParameters?: 'absent' | 'null';
  readonly sign: DigestSigner;
}

export interface ContentToSign {
  readonly contentType: string;
  readonly content: Uint8Array;
  readonly signingTime?: Date;
  /** Beside the signer's: those that a reader needs to build its path. */
  readonly certificates?: readonly Uint8Array[];
}

/**
 * SignedData with its content inside: EF.CardSecurity, master lists, deviation lists. Verified with the certificate's key before it is
 * returned. Throws `CMS_SIGNATURE_REJECTED`; the validity of the certificate is the caller's question.
 */
export async function signAttached(what: ContentToSign, signer: CmsSigner): Promise<Uint8Array> {
  const parts = await signedParts(what, signer);
  return encodeSignedData({ ...parts, content: what.content });
}

/** All of a SignedData but the content: made once for attached and detached signatures. */
export async function signedParts(
  { contentType, content, signingTime, certificates = [] }: ContentToSign,
  signer: CmsSigner,
  certificate: Certificate = parseCertificate(signer.certificate),
): Promise<SignedDataParts> {
  const { algorithm = { key: 'ec', hash: 'sha256' }, digestParameters = 'absent', identifiedBy } = signer;
  const digest = (bytes: Uint8Array) => Uint8Array.from(createHash(algorithm.hash).update(bytes).digest());
  const time = signingTime === undefined ? {} : { signingTime };
  const signedAttributes = encodeSignedAttributes({ contentType, messageDigest: digest(content), ...time });
  const signature = signatureOrRefusal(algorithm, await signer.sign(digest(signedAttributes)));
  if (!verifySignature(algorithm, signedAttributes, certificate.publicKey, signature)) throw new CmsError('CMS_SIGNATURE_REJECTED');
  return {
    contentType,
    algorithm,
    digestParameters,
    signer: signerIdentifier(certificate, identifiedBy),
    certificates: [certificate.certificate, ...certificates],
    signedAttributes,
    signature,
  };
}

function signatureOrRefusal(algorithm: SignatureAlgorithm, raw: Uint8Array): Uint8Array {
  try {
    return signatureFromToken(algorithm, raw);
  } catch (cause) {
    throw new CmsError('CMS_SIGNATURE_REJECTED', { cause });
  }
}
