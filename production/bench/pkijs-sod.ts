import { createHash } from 'node:crypto';
import { fromBER, Integer, ObjectIdentifier, OctetString, PrintableString, Sequence, type BaseBlock } from 'asn1js';
import {
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs';
import { concat } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';

const ID_LDS_SECURITY_OBJECT = '2.23.136.1.1.1';
const ID_CONTENT_TYPE = '1.2.840.113549.1.9.3';
const ID_MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const ID_SHA256 = '2.16.840.1.101.3.4.2.1';
const ID_ECDSA_SHA256 = '1.2.840.10045.4.3.2';

export interface PkijsSodInput {
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  /** LDS and Unicode version inside a version 1 object; absent from a version 0 one. */
  readonly versions?: { readonly lds: string; readonly unicode: string };
  /** ECDSA-Sig-Value in DER. */
  readonly signature: Uint8Array;
}

/**
 * The same EF.SOD made with pkijs and asn1js: what the product's own building is measured against. The certificate is parsed once, outside
 * of what is measured; the signature is given.
 */
export function pkijsSod(certificateDer: Uint8Array): (input: PkijsSodInput) => Uint8Array {
  const certificate = new Certificate({ schema: fromBER(certificateDer).result });
  return ({ dataGroups, versions, signature }) => {
    const numbers = [...dataGroups.keys()].toSorted((a, b) => a - b);
    const hashes = numbers.map((number) =>
      sequence(new Integer({ value: number }), octets(sha256(dataGroups.get(number) ?? new Uint8Array()))),
    );
    const info =
      versions === undefined
        ? []
        : [sequence(new PrintableString({ value: versions.lds }), new PrintableString({ value: versions.unicode }))];
    const object = new Uint8Array(
      sequence(
        new Integer({ value: versions === undefined ? 0 : 1 }),
        sequence(new ObjectIdentifier({ value: ID_SHA256 })),
        sequence(...hashes),
        ...info,
      ).toBER(),
    );
    const attributes = [
      new Attribute({ type: ID_CONTENT_TYPE, values: [new ObjectIdentifier({ value: ID_LDS_SECURITY_OBJECT })] }),
      new Attribute({ type: ID_MESSAGE_DIGEST, values: [octets(sha256(object))] }),
    ];
    // What would be signed: the SET OF under its own tag.
    const encoded = attributes.map((attribute) => new Uint8Array(attribute.toSchema().toBER())).toSorted((a, b) => Buffer.compare(a, b));
    sha256(tlv(0x31, concat(...encoded)));
    const content = new EncapsulatedContentInfo({ eContentType: ID_LDS_SECURITY_OBJECT });
    // Set afterwards: the constructor would make a constructed OCTET STRING of it, which is no DER.
    content.eContent = octets(object);
    const signedData = new SignedData({
      version: 3,
      digestAlgorithms: [new AlgorithmIdentifier({ algorithmId: ID_SHA256 })],
      encapContentInfo: content,
      certificates: [certificate],
      signerInfos: [
        new SignerInfo({
          version: 1,
          sid: new IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
          digestAlgorithm: new AlgorithmIdentifier({ algorithmId: ID_SHA256 }),
          signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes }),
          signatureAlgorithm: new AlgorithmIdentifier({ algorithmId: ID_ECDSA_SHA256 }),
          signature: octets(signature),
        }),
      ],
    });
    const message = new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: signedData.toSchema(true) });
    return tlv(0x77, new Uint8Array(message.toSchema().toBER()));
  };
}

function sequence(...value: readonly BaseBlock[]): Sequence {
  return new Sequence({ value: [...value] });
}

function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: Uint8Array.from(bytes).buffer });
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
