import { equalBytes } from '#encoder/bytes';
import { OID, parseCertificate, type Certificate } from '#pki/x509';
import { signedParts, type CmsSigner } from './attached.ts';
import { CmsError } from './cms-error.ts';
import { encodeSignedData, isNamedBy } from './encode.ts';
import { parseSignedData, verifySignerInfo } from './signed-data.ts';

/** Whose signature: a token's key, or a software key in tests. Named by issuer and serial number: its certificate is pinned by whoever verifies. */
export type DetachedSigner = Omit<CmsSigner, 'identifiedBy' | 'digestParameters'>;

export interface DetachedSignature {
  /** The trusted certificate that made the signature. */
  readonly certificate: Uint8Array;
  readonly signingTime: Date;
}

/**
 * Detached SignedData over the content (RFC 5652): signing time, certificate embedded. Verified with the certificate's key before it is
 * returned. `openssl cms -verify -inform DER -content FILE -CAfile SIGNER -purpose any` accepts it.
 */
export async function signDetached(content: Uint8Array, signer: DetachedSigner, at: Date): Promise<Uint8Array> {
  const certificate = parseCertificate(signer.certificate);
  assertInDate(certificate, at);
  return encodeSignedData(await signedParts({ contentType: OID.data, content, signingTime: at }, signer, certificate));
}

/**
 * Verifies a detached signature over exactly these bytes by one of the trusted certificates, compared whole: the plant and the
 * offices pin each other's certificates. Throws a `CmsError`; malformed bytes are `CMS_MALFORMED`.
 */
export function verifyDetached(
  p7s: Uint8Array,
  content: Uint8Array,
  options: { readonly trusted: readonly Uint8Array[] },
): DetachedSignature {
  const data = readOrRefuse(() => parseSignedData(p7s, 'p7s'));
  const { sid, signingTime } = data.signerInfo;
  if (data.version !== 1 || data.contentType !== OID.data || data.content !== undefined || signingTime === undefined) {
    throw new CmsError('CMS_MALFORMED', { where: 'p7s', detail: 'not a detached signature over data with its time' });
  }
  // The embedded certificates say nothing that the trusted ones do not: they only must be among them.
  const known = (certificate: Uint8Array) => options.trusted.some((trusted) => equalBytes(trusted, certificate));
  if (!data.certificates.every(known)) throw new CmsError('CMS_SIGNER_UNTRUSTED', { where: 'p7s/certificates' });
  const certificate = options.trusted
    .map((trusted) => parseCertificate(trusted))
    .find((candidate) => 'issuer' in sid && isNamedBy(sid, candidate));
  if (certificate === undefined) throw new CmsError('CMS_SIGNER_UNTRUSTED', { where: 'p7s/signerInfo' });
  const fault = verifySignerInfo(data, content, certificate);
  switch (fault) {
    case undefined:
      assertInDate(certificate, signingTime);
      return { certificate: certificate.certificate, signingTime };
    case 'algorithm-unsupported':
      throw new CmsError('CMS_ALGORITHM_UNSUPPORTED', { where: 'p7s' });
    case 'content-type':
    case 'message-digest':
      throw new CmsError('CMS_CONTENT_MISMATCH', { where: 'p7s' });
    case 'signature':
      throw new CmsError('CMS_SIGNATURE_REJECTED', { where: 'p7s' });
  }
}

function assertInDate({ validity, privateKeyUsagePeriod: usage }: Certificate, at: Date): void {
  const valid = at >= validity.notBefore && at <= validity.notAfter;
  const used = at >= (usage?.notBefore ?? validity.notBefore) && at <= (usage?.notAfter ?? validity.notAfter);
  if (!valid || !used) throw new CmsError('CMS_SIGNER_OUT_OF_DATE', { where: 'signingTime' });
}

function readOrRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CmsError) throw cause;
    throw new CmsError('CMS_MALFORMED', { where: 'p7s', cause });
  }
}
