import { derOid, tlv } from '#encoder/tlv';
import { encodeEcdsaAlgorithm, encodeTime, OID, type HashName } from '#pki/x509';

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
  const attribute = (type: string, value: Uint8Array) => tlv(0x30, derOid(type), tlv(0x31, value));
  const members = [
    attribute(OID.contentType, derOid(attributes.contentType)),
    attribute(OID.messageDigest, tlv(0x04, attributes.messageDigest)),
    ...(attributes.signingTime === undefined ? [] : [attribute(OID.signingTime, encodeTime(attributes.signingTime))]),
  ];
  return tlv(0x31, ...members.toSorted((a, b) => Buffer.compare(a, b)));
}

export interface SignedDataParts {
  readonly contentType: string;
  /** Absent from a detached signature. */
  readonly content?: Uint8Array;
  readonly hash: HashName;
  readonly certificate: Uint8Array;
  /** Issuer name in DER and the content octets of the serial number: the signer identifier. */
  readonly issuer: Uint8Array;
  readonly serialNumber: Uint8Array;
  /** The SET OF that was signed. */
  readonly signedAttributes: Uint8Array;
  /** ECDSA-Sig-Value in DER. */
  readonly signature: Uint8Array;
}

/**
 * ContentInfo { signedData, SignedData } with one signer, named by issuer and serial number, and its certificate. The version is 3
 * where the content is not plain data, else 1 (RFC 5652 §5.1). Digest algorithms omit their parameters (Doc 9303-10 Appendix D, note 2).
 */
export function encodeSignedData(parts: SignedDataParts): Uint8Array {
  const digestAlgorithm = tlv(0x30, derOid(OID[parts.hash]));
  const content = parts.content === undefined ? [] : [tlv(0xa0, tlv(0x04, parts.content))];
  const signerInfo = tlv(
    0x30,
    integer(1),
    tlv(0x30, parts.issuer, tlv(0x02, parts.serialNumber)),
    digestAlgorithm,
    retagged(0xa0, parts.signedAttributes),
    encodeEcdsaAlgorithm(parts.hash),
    tlv(0x04, parts.signature),
  );
  const signedData = tlv(
    0x30,
    integer(parts.contentType === OID.data ? 1 : 3),
    tlv(0x31, digestAlgorithm),
    tlv(0x30, derOid(parts.contentType), ...content),
    tlv(0xa0, parts.certificate),
    tlv(0x31, signerInfo),
  );
  return tlv(0x30, derOid(OID.signedData), tlv(0xa0, signedData));
}

function integer(value: number): Uint8Array {
  return tlv(0x02, Uint8Array.of(value));
}

/** The same content under another tag of one byte. */
function retagged(tag: number, der: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(der);
  copy[0] = tag;
  return copy;
}
