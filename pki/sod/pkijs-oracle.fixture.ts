import { createHash } from 'node:crypto';
import { fromBER, ObjectIdentifier, OctetString, Null, Primitive, type AsnType } from 'asn1js';
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
import { tlv } from '#encoder/tlv';
import { encodeAlgorithm, OID, parseCertificate, type SignatureAlgorithm } from '#pki/x509';

/** What pkijs is told: the parts that are not its own to make. */
export interface OracleInput {
  readonly certificate: Uint8Array;
  readonly ldsSecurityObject: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  /** As it stands in SignerInfo. */
  readonly signature: Uint8Array;
  readonly digestParameters?: 'absent' | 'null';
  readonly signerIdentifier?: 'issuer-and-serial-number' | 'subject-key-identifier';
}

/** The same EF.SOD by pkijs, which shares no code with ours. */
export function sodByPkijs(input: OracleInput): Uint8Array {
  const { algorithm, ldsSecurityObject: content } = input;
  const certificate = new Certificate({ schema: fromBER(buffer(input.certificate)).result });
  const parameters = input.digestParameters === 'null' ? { algorithmParams: new Null() } : {};
  const digestAlgorithm = () => new AlgorithmIdentifier({ algorithmId: OID[algorithm.hash], ...parameters });
  const encapContentInfo = new EncapsulatedContentInfo({ eContentType: '2.23.136.1.1.1' });
  // Given to the constructor it would be split into a constructed OCTET STRING, which is BER and not DER.
  encapContentInfo.eContent = new OctetString({ valueHex: buffer(content) });
  const byKey = input.signerIdentifier === 'subject-key-identifier';
  const attribute = (type: string, value: AsnType) => new Attribute({ type, values: [value] });
  const digest = createHash(algorithm.hash).update(content).digest();
  const signedData = new SignedData({
    version: 3,
    digestAlgorithms: [digestAlgorithm()],
    encapContentInfo,
    certificates: [certificate],
    signerInfos: [
      new SignerInfo({
        version: byKey ? 3 : 1,
        sid: byKey
          ? keyIdentifier(input.certificate)
          : new IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
        digestAlgorithm: digestAlgorithm(),
        signedAttrs: new SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            attribute('1.2.840.113549.1.9.3', new ObjectIdentifier({ value: '2.23.136.1.1.1' })),
            attribute('1.2.840.113549.1.9.4', new OctetString({ valueHex: buffer(digest) })),
          ],
        }),
        signatureAlgorithm: new AlgorithmIdentifier({ schema: fromBER(buffer(encodeAlgorithm(algorithm))).result }),
        signature: new OctetString({ valueHex: buffer(input.signature) }),
      }),
    ],
  });
  const info = new ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: signedData.toSchema(true) });
  return tlv(0x77, new Uint8Array(info.toSchema().toBER()));
}

function keyIdentifier(certificate: Uint8Array): Primitive {
  const { subjectKeyIdentifier = new Uint8Array() } = parseCertificate(certificate);
  return new Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: buffer(subjectKeyIdentifier) });
}

function buffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
