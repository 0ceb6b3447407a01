import { equalBytes } from '#encoder/bytes';
import { derInteger, derNull, derOctetString, derOid, derSequence, derSet, derSetOf, tlv } from '#encoder/tlv';
import { encodeAlgorithm, encodeTime, OID, type Certificate, type SignatureAlgorithm } from '#pki/x509';
import { CmsError } from './cms-error.ts';

export interface SignedAttributes {
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  readonly signingTime?: Date;
}

/**
 * SignedAttributes as the SET OF that is signed (RFC 5652 §5.4): members in the order of their encodings, as DER demands.
 * In the SignerInfo the same bytes stand under tag [0].
 */
export function encodeSignedAttributes(attributes: SignedAttributes): Uint8Array {
  const attribute = (type: string, value: Uint8Array) => derSequence(derOid(type), derSet(value));
  return derSetOf([
    attribute(OID.contentType, derOid(attributes.contentType)),
    attribute(OID.messageDigest, derOctetString(attributes.messageDigest)),
    ...(attributes.signingTime === undefined ? [] : [attribute(OID.signingTime, encodeTime(attributes.signingTime))]),
  ]);
}

/** How a signer is named (RFC 5652 §5.3): the issuer of its certificate in DER with the content octets of the serial number, or its key. */
export type SignerIdentifier =
  | { readonly issuer: Uint8Array; readonly serialNumber: Uint8Array }
  | { readonly subjectKeyIdentifier: Uint8Array };

export type SignerIdentifierForm = 'issuer-and-serial-number' | 'subject-key-identifier';

/** Throws `CMS_SIGNER_UNIDENTIFIABLE` where the certificate has no subject key identifier to be named by. */
export function signerIdentifier(certificate: Certificate, form: SignerIdentifierForm = 'issuer-and-serial-number'): SignerIdentifier {
  const { issuer, serialNumber, subjectKeyIdentifier } = certificate;
  if (form === 'issuer-and-serial-number') return { issuer, serialNumber };
  if (subjectKeyIdentifier === undefined) throw new CmsError('CMS_SIGNER_UNIDENTIFIABLE', { where: form });
  return { subjectKeyIdentifier };
}

/** Whether this is the certificate that a SignerInfo names. */
export function isNamedBy(signer: SignerIdentifier, { issuer, serialNumber, subjectKeyIdentifier }: Certificate): boolean {
  if ('issuer' in signer) return equalBytes(signer.issuer, issuer) && equalBytes(signer.serialNumber, serialNumber);
  return subjectKeyIdentifier !== undefined && equalBytes(signer.subjectKeyIdentifier, subjectKeyIdentifier);
}

export interface SignedDataParts {
  readonly contentType: string;
  /** Absent from a detached signature. */
  readonly content?: Uint8Array;
  /** Its hash is also that of the content and of the signed attributes: OpenSSL refuses a signature whose digests differ. */
  readonly algorithm: SignatureAlgorithm;
  /** Of digest algorithms: absent by preference (RFC 5754 §2, Doc 9303-10 §4.6.2.3 note 2). */
  readonly digestParameters?: 'absent' | 'null';
  readonly signer: SignerIdentifier;
  /** The signer's, and any others that are sent along. */
  readonly certificates: readonly Uint8Array[];
  /** The SET OF that was signed. */
  readonly signedAttributes: Uint8Array;
  /** As it stands in SignerInfo: ECDSA-Sig-Value in DER, or the octets of an RSA signature. */
  readonly signature: Uint8Array;
}

/**
 * ContentInfo { signedData, SignedData } with one signer. The version of SignedData is 3 where the content is not plain data, else 1 (RFC
 * 5652 §5.1); also 3 where the signer is named by its key, whose SignerInfo then has version 3 (§5.3).
 */
export function encodeSignedData(parts: SignedDataParts): Uint8Array {
  const digestAlgorithm = derSequence(derOid(OID[parts.algorithm.hash]), ...(parts.digestParameters === 'null' ? [derNull()] : []));
  const signerVersion = 'issuer' in parts.signer ? 1 : 3;
  const signerInfo = derSequence(
    derInteger(signerVersion),
    encodeSignerIdentifier(parts.signer),
    digestAlgorithm,
    retagged(0xa0, parts.signedAttributes),
    encodeAlgorithm(parts.algorithm),
    derOctetString(parts.signature),
  );
  const signedData = derSequence(
    derInteger(parts.contentType === OID.data ? signerVersion : 3),
    derSet(digestAlgorithm),
    derSequence(derOid(parts.contentType), ...(parts.content === undefined ? [] : [tlv(0xa0, derOctetString(parts.content))])),
    retagged(0xa0, derSetOf(parts.certificates)),
    derSet(signerInfo),
  );
  return derSequence(derOid(OID.signedData), tlv(0xa0, signedData));
}

function encodeSignerIdentifier(signer: SignerIdentifier): Uint8Array {
  if ('issuer' in signer) return derSequence(signer.issuer, tlv(0x02, signer.serialNumber));
  return tlv(0x80, signer.subjectKeyIdentifier);
}

/** The same content under another tag of one byte. */
function retagged(tag: number, der: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(der);
  copy[0] = tag;
  return copy;
}
