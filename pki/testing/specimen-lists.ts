import { createHash } from 'node:crypto';
import { derInteger, derNull, derOctetString, derOid, derSequence, derSet, inSetOrder, tlv } from '#encoder/tlv';
import { explicitSpki, type EcCurveName } from '#pki/ec';
import type { EcKey, Hsm } from '#pki/hsm';
import { NOW, type SpecimenPki } from './specimen-pki.ts';
import {
  addDays,
  addYears,
  deviationListSignerCertificate,
  encodeAlgorithm,
  encodeTime,
  issueCertificate,
  masterListSignerCertificate,
  OID,
  parseCertificate,
  prepareCertificate,
  signatureFromToken,
  type Certificate,
  type HashName,
} from '#pki/x509';
import type { ListKind } from '#pki/signed-list';

/** Only for tests: list signers under the specimen CSCA, and lists that break one rule each. */
export interface SpecimenListSigner {
  readonly key: EcKey;
  readonly certificate: Certificate;
}

export async function specimenListSigner(
  hsm: Hsm,
  pki: SpecimenPki,
  profile: 'master-list-signer' | 'deviation-list-signer',
  curve: EcCurveName = 'brainpoolP384r1',
): Promise<SpecimenListSigner> {
  const key = await hsm.generateEcKey({ label: profile, curve, purpose: 'sign' });
  const name = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA SPECIMEN' };
  const issuerSpki = explicitSpki('brainpoolP512r1', pki.cscaKey.point);
  const make = profile === 'master-list-signer' ? masterListSignerCertificate : deviationListSignerCertificate;
  const request = make({
    subject: { ...name, commonName: profile.toUpperCase() },
    serialNumber: Uint8Array.of(0x51, profile.length),
    curve,
    point: key.point,
    usage: { notBefore: NOW, notAfter: addYears(NOW, 1) },
    notAfter: addYears(NOW, 2),
    mrzCountry: 'VNM',
    crlUrls: ['https://specimen.invalid/VNM.crl'],
    issuerSpki,
  });
  const token = prepareCertificate(request, { name, spki: issuerSpki, algorithm: { key: 'ec', hash: 'sha512' } });
  const der = await issueCertificate(token, (digest) => hsm.sign(pki.cscaKey, digest));
  return { key, certificate: parseCertificate(der) };
}

/** What of a good list is different; everything else is as it should be, and the signature verifies. */
export interface ListFlaws {
  readonly version?: number;
  readonly contentType?: string;
  readonly attributeContentType?: string;
  readonly digestListed?: HashName;
  readonly digestNull?: boolean;
  readonly signatureHash?: HashName;
  readonly namedByIssuer?: boolean;
  readonly signerVersion?: number;
  readonly certificates?: readonly Uint8Array[];
  readonly certificateOrder?: 'reversed';
  readonly attributeOrder?: 'reversed';
  readonly signingTime?: Date | 'absent';
  readonly messageDigest?: Uint8Array;
  readonly revocationLists?: boolean;
  readonly unsignedAttributes?: boolean;
  readonly signers?: number;
  /** Who signs besides, and stands first. */
  readonly before?: SpecimenListSigner;
  readonly signature?: Uint8Array;
}

export async function flawedList(
  hsm: Hsm,
  kind: ListKind,
  content: Uint8Array,
  by: SpecimenListSigner & { readonly csca: Uint8Array },
  flaws: ListFlaws = {},
): Promise<Uint8Array> {
  const hash = 'sha384';
  const contentType = flaws.contentType ?? kind.contentType;
  const digest = (algorithm: HashName, bytes: Uint8Array) => Uint8Array.from(createHash(algorithm).update(bytes).digest());
  const attribute = (type: string, value: Uint8Array) => derSequence(derOid(type), derSet(value));
  const attributes = inSetOrder([
    attribute(OID.contentType, derOid(flaws.attributeContentType ?? contentType)),
    attribute(OID.messageDigest, derOctetString(flaws.messageDigest ?? digest(hash, content))),
    ...(flaws.signingTime === 'absent' ? [] : [attribute(OID.signingTime, encodeTime(flaws.signingTime ?? addDays(NOW, 1)))]),
  ]);
  const signed = derSet(...(flaws.attributeOrder === 'reversed' ? attributes.toReversed() : attributes));
  const algorithm = { key: 'ec', hash: flaws.signatureHash ?? hash } as const;
  const digestAlgorithm = (name: HashName) => derSequence(derOid(OID[name]), ...(flaws.digestNull === true ? [derNull()] : []));
  const named = flaws.namedByIssuer === true;
  const signerInfoOf = async ({ key, certificate }: SpecimenListSigner): Promise<Uint8Array> => {
    const signature = signatureFromToken(algorithm, await hsm.sign(key, digest(algorithm.hash, signed)));
    const { issuer, serialNumber, subjectKeyIdentifier = new Uint8Array() } = certificate;
    return derSequence(
      derInteger(flaws.signerVersion ?? (named ? 1 : 3)),
      named ? derSequence(issuer, tlv(0x02, serialNumber)) : tlv(0x80, subjectKeyIdentifier),
      digestAlgorithm(hash),
      retagged(0xa0, signed),
      encodeAlgorithm(algorithm),
      derOctetString(flaws.signature ?? signature),
      ...(flaws.unsignedAttributes === true ? [tlv(0xa1, attribute(OID.signingTime, encodeTime(NOW)))] : []),
    );
  };
  const signerInfo = await signerInfoOf(by);
  const before = flaws.before === undefined ? [] : [flaws.before];
  const included = inSetOrder(flaws.certificates ?? [...before, by].map(({ certificate }) => certificate.certificate).concat(by.csca));
  const data = derSequence(
    derInteger(flaws.version ?? 3),
    derSet(digestAlgorithm(flaws.digestListed ?? hash)),
    derSequence(derOid(contentType), tlv(0xa0, derOctetString(content))),
    tlv(0xa0, ...(flaws.certificateOrder === 'reversed' ? included.toReversed() : included)),
    ...(flaws.revocationLists === true ? [tlv(0xa1)] : []),
    derSet(...(await Promise.all(before.map(signerInfoOf))), ...Array.from({ length: flaws.signers ?? 1 }, () => signerInfo)),
  );
  return derSequence(derOid(OID.signedData), tlv(0xa0, data));
}

function retagged(tag: number, der: Uint8Array): Uint8Array {
  return der.map((byte, at) => (at === 0 ? tag : byte));
}
