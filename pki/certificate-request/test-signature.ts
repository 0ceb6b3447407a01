import { createHash } from 'node:crypto';
import { concat, isCodedError, utf8 } from '#encoder/bytes';
import { signatureFromToken, verifySignature, type Certificate, type DigestSigner, type SignatureAlgorithm } from '#pki/x509';

/** Nothing that a Document Signer signs begins so: signed attributes are a SET, certificates and lists a SEQUENCE. */
const DOMAIN = utf8('cardmint/test-signature/1\0');

/**
 * Whether the token's key is the certificate's: one signature over a challenge of the caller's, verified with the certificate's public key by node:crypto. It counts
 * as a use of the key. False for a signature that does not verify; errors of `sign` pass.
 */
export async function provesKey(
  certificate: Pick<Certificate, 'publicKey'>,
  algorithm: SignatureAlgorithm,
  challenge: Uint8Array,
  sign: DigestSigner,
): Promise<boolean> {
  const message = concat(DOMAIN, challenge);
  const raw = await sign(Uint8Array.from(createHash(algorithm.hash).update(message).digest()));
  try {
    return verifySignature(algorithm, message, certificate.publicKey, signatureFromToken(algorithm, raw));
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}
