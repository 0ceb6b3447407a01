import { createHash } from 'node:crypto';
import { ByteReader, equalConstantTime } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, enter, readOid, readOidContent, readTlv, tlv } from '#encoder/tlv';
import { algorithmOfOid, decodeTime, OID, verifySignature, type Certificate, type HashName } from '#pki/x509';
import { CmsError } from './cms-error.ts';

export interface SignerInfo {
  /** How the signer is named: by the issuer of its certificate and serial number, or by subject key identifier. */
  readonly sid: { readonly issuer: Uint8Array; readonly serialNumber: Uint8Array } | { readonly subjectKeyIdentifier: Uint8Array };
  readonly digestOid: string;
  /** The SET OF as it is signed. */
  readonly signedAttributes: Uint8Array;
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  readonly signingTime: Date | undefined;
  readonly signatureOid: string;
  readonly signature: Uint8Array;
}

export interface SignedData {
  readonly version: number;
  readonly digestOids: readonly string[];
  readonly contentType: string;
  readonly content: Uint8Array | undefined;
  readonly certificates: readonly Uint8Array[];
  readonly signerInfo: SignerInfo;
}

/** What is wrong with a signature, in the order in which it is found. */
export type SignerInfoFault = 'algorithm-unsupported' | 'content-type' | 'message-digest' | 'signature';

/** An EF.SOD with certificate is under 4 KiB; a signature over a manifest under 2 KiB. Master lists are larger, and say so. */
const BYTES_MAX = 65_536;
const CERTIFICATES_MAX = 8;

const HASHES: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  [OID.sha224, 'sha224'],
  [OID.sha256, 'sha256'],
  [OID.sha384, 'sha384'],
  [OID.sha512, 'sha512'],
]);

export function hashOfOid(oid: string): HashName | undefined {
  return HASHES.get(oid);
}

/**
 * Strict DER reader of a ContentInfo that holds a SignedData with exactly one signer and signed attributes. Throws `CmsError`, or a
 * `DecodeError` or `X509Error` with the place; it verifies nothing.
 */
export function parseSignedData(contentInfo: Uint8Array, path: string, bytesMax = BYTES_MAX): SignedData {
  if (contentInfo.length > bytesMax) throw malformed(path, `${contentInfo.length} bytes`);
  const info = decodeOnly(contentInfo, 0x30, path);
  if (readOid(info) !== OID.signedData) throw malformed(`${path}/contentType`, 'not signedData');
  const explicit = enter(info, 0xa0);
  info.end();
  const data = enter(explicit, 0x30);
  explicit.end();
  const version = readVersion(data);
  const digestOids = decodeTlvs(enter(data, 0x31).rest(), `${path}/digestAlgorithms`).map(({ tag, value }) =>
    readAlgorithm(decodeOnly(tlv(tag, value), 0x30, path)),
  );
  const encapsulated = enter(data, 0x30);
  const contentType = readOid(encapsulated);
  const content = encapsulated.remaining > 0 ? readContent(enter(encapsulated, 0xa0)) : undefined;
  encapsulated.end();
  const certificates = data.peek() === 0xa0 ? readCertificates(enter(data, 0xa0)) : [];
  const signers = enter(data, 0x31);
  data.end();
  const signerInfo = readSignerInfo(enter(signers, 0x30));
  signers.end();
  return { version, digestOids, contentType, content, certificates, signerInfo };
}

/** Verifies the signer's part over `content` with the certificate's public key; undefined when all of it holds. */
export function verifySignerInfo(data: SignedData, content: Uint8Array, certificate: Certificate): SignerInfoFault | undefined {
  const { signerInfo } = data;
  const hash = hashOfOid(signerInfo.digestOid);
  const algorithm = algorithmOfOid(signerInfo.signatureOid);
  if (hash === undefined || algorithm === undefined || !data.digestOids.includes(signerInfo.digestOid)) return 'algorithm-unsupported';
  if (signerInfo.contentType !== data.contentType) return 'content-type';
  if (!equalConstantTime(createHash(hash).update(content).digest(), signerInfo.messageDigest)) return 'message-digest';
  return verifySignature(algorithm, signerInfo.signedAttributes, certificate.publicKey, signerInfo.signature) ? undefined : 'signature';
}

function readSignerInfo(info: ByteReader): SignerInfo {
  const version = readVersion(info);
  const sid = readSignerIdentifier(info);
  // RFC 5652 §5.3: 1 for issuerAndSerialNumber, 3 for subjectKeyIdentifier.
  if (version !== ('issuer' in sid ? 1 : 3)) throw malformed(`${info.path}/version`, 'does not fit the signer identifier');
  const digestOid = readAlgorithm(enter(info, 0x30));
  const signedAttributes = tlv(0x31, enter(info, 0xa0).rest());
  const signatureOid = readAlgorithm(enter(info, 0x30));
  const signature = Uint8Array.from(enter(info, 0x04).rest());
  // Unsigned attributes are not recommended (Doc 9303-10 Table D-1) and carry nothing that is believed: refused.
  info.end();
  return { sid, digestOid, signedAttributes, ...readAttributes(signedAttributes, info.path), signatureOid, signature };
}

function readAttributes(set: Uint8Array, path: string): Pick<SignerInfo, 'contentType' | 'messageDigest' | 'signingTime'> {
  const values = new Map<string, { readonly tag: number; readonly value: Uint8Array }>();
  const members = decodeOnly(set, 0x31, `${path}/signedAttrs`);
  while (members.remaining > 0) {
    const attribute = enter(members, 0x30);
    const type = readOid(attribute);
    const list = enter(attribute, 0x31);
    attribute.end();
    const value = readTlv(list);
    list.end();
    if (values.has(type)) throw malformed(`${path}/signedAttrs`, `${type} twice`);
    values.set(type, value);
  }
  const contentType = values.get(OID.contentType);
  const messageDigest = values.get(OID.messageDigest);
  const signingTime = values.get(OID.signingTime);
  if (contentType?.tag !== 0x06 || messageDigest?.tag !== 0x04)
    throw malformed(`${path}/signedAttrs`, 'contentType or messageDigest missing');
  return {
    contentType: readOidContent(new ByteReader(contentType.value, `${path}/signedAttrs/contentType`)),
    messageDigest: Uint8Array.from(messageDigest.value),
    signingTime: signingTime === undefined ? undefined : decodeTime(signingTime, `${path}/signingTime`),
  };
}

function readSignerIdentifier(info: ByteReader): SignerInfo['sid'] {
  if (info.peek() === 0x80) return { subjectKeyIdentifier: Uint8Array.from(enter(info, 0x80).rest()) };
  const pair = enter(info, 0x30);
  const issuer = tlv(0x30, enter(pair, 0x30).rest());
  const serialNumber = Uint8Array.from(enter(pair, 0x02).rest());
  pair.end();
  return { issuer, serialNumber };
}

function readCertificates(set: ByteReader): readonly Uint8Array[] {
  const certificates: Uint8Array[] = [];
  while (set.remaining > 0) {
    if (certificates.length >= CERTIFICATES_MAX) throw malformed(set.path, `more than ${CERTIFICATES_MAX} certificates`);
    certificates.push(tlv(0x30, enter(set, 0x30).rest()));
  }
  return certificates;
}

function readContent(explicit: ByteReader): Uint8Array {
  const content = Uint8Array.from(enter(explicit, 0x04).rest());
  explicit.end();
  return content;
}

function readVersion(reader: ByteReader): number {
  const version = enter(reader, 0x02);
  const value = version.uint(1, 'version');
  version.end();
  return value;
}

/** Parameters are absent or NULL; both are accepted (Doc 9303-10 Appendix D, note 2). */
function readAlgorithm(algorithm: ByteReader): string {
  const oid = readOid(algorithm);
  if (algorithm.remaining > 0) enter(algorithm, 0x05).end();
  algorithm.end();
  return oid;
}

function malformed(where: string, detail: string): CmsError {
  return new CmsError('CMS_MALFORMED', { where, detail });
}
