import { cardAccess } from '#encoder/lds';
import { signAttached } from '#pki/cms';
import type { DigestSigner } from '#pki/x509';
import { isKeyOf, signatureAlgorithmOf, usualAlgorithms, type SodAlgorithms } from './algorithms.ts';
import { SECURITY_OBJECT } from './card-security.ts';
import { assertUsagePeriod, type DocumentSigner } from './document-signer.ts';
import { SodError } from './sod-error.ts';

export interface CardSecurityRequest {
  /** SecurityInfos in DER: those of EF.CardAccess, and the public keys of Chip Authentication (Doc 9303-10 §3.11.4). */
  readonly securityInfos: Uint8Array;
  readonly signer: DocumentSigner;
  /** The signer's clock. */
  readonly at: Date;
  /** `algorithms.sod` of the card's profile; SHA-256 on the key that the certificate has where none are given. */
  readonly algorithms?: SodAlgorithms;
}

/**
 * EF.CardSecurity (Doc 9303-10 §3.11.4): SignedData v3 over SecurityInfos, content type id-SecurityObject, by the key that signs EF.SOD;
 * verified with the certificate's key before it leaves. Throws `SodError`, or `CmsError` CMS_SIGNATURE_REJECTED.
 */
export async function issueCardSecurity(request: CardSecurityRequest, sign: DigestSigner): Promise<Uint8Array> {
  const { securityInfos: content, signer, at, algorithms = usualAlgorithms(signer.certificate, 0) } = request;
  assertUsagePeriod(signer.certificate, at);
  if (!isKeyOf(algorithms, signer.certificate)) throw new SodError('SOD_LINT', { detail: 'sod-algorithms-of-the-profile' });
  assertSecurityInfos(content);
  const { digestParameters, signerIdentifier } = algorithms;
  return signAttached(
    { contentType: SECURITY_OBJECT, content },
    {
      certificate: signer.certificate.certificate,
      algorithm: signatureAlgorithmOf(algorithms),
      digestParameters,
      ...(signerIdentifier === undefined ? {} : { identifiedBy: signerIdentifier }),
      sign,
    },
  );
}

/** The bare set, as EF.CardAccess holds it. */
function assertSecurityInfos(content: Uint8Array): void {
  try {
    cardAccess.decode(content);
  } catch (cause) {
    throw new SodError('SOD_DATA_GROUP_INVALID', { where: 'EF.CardSecurity', cause });
  }
}
