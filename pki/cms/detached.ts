import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import { OID, parseCertificate, verifySignature, type Certificate } from '#pki/x509';
import { derSignature } from '#pki/ec';
import { CmsError } from './cms-error.ts';
import { encodeSignedAttributes, encodeSignedData } from './encode.ts';
import { parseSignedData, verifySignerInfo } from './signed-data.ts';

/** Whose signature: the certificate, and the callback that signs a SHA-256 digest (a token's key, or a software key in tests). */
export interface DetachedSigner {
  readonly certificate: Uint8Array;
  readonly sign: (digest: Uint8Array) => Promise<Uint8Array>;
}

export interface DetachedSignature {
  /** The trusted certificate that made the signature. */
  readonly certificate: Uint8Array;
  readonly signingTime: Date;
}

/**
 * Detached SignedData over the content (RFC 5652): SHA-256, ECDSA, signing time, certificate embedded. Verified with the
 * certificate's key before it is returned. `openssl cms -verify -inform DER -content FILE -CAfile SIGNER -purpose any` accepts it.
 */
export async function signDetached(content: Uint8Array, signer: DetachedSigner, at: Date): Promise<Uint8Array> {
  const certificate = parseCertificate(signer.certificate);
  assertInDate(certificate, at);
  const signedAttributes = encodeSignedAttributes({
    contentType: OID.data,
    messageDigest: createHash('sha256').update(content).digest(),
    signingTime: at,
  });
  const signature = derSignature(await signer.sign(Uint8Array.from(createHash('sha256').update(signedAttributes).digest())));
  if (!verifySignature({ key: 'ec', hash: 'sha256' }, signedAttributes, certificate.publicKey, signature)) {
    throw new CmsError('CMS_SIGNATURE_REJECTED', { where: 'signDetached' });
  }
  const { issuer, serialNumber } = certificate;
  return encodeSignedData({
    contentType: OID.data,
    hash: 'sha256',
    certificate: signer.certificate,
    issuer,
    serialNumber,
    signedAttributes,
    signature,
  });
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
    .find(({ issuer, serialNumber }) => 'issuer' in sid && equalBytes(sid.issuer, issuer) && equalBytes(sid.serialNumber, serialNumber));
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
