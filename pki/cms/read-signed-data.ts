import type { ByteReader } from '#encoder/bytes';
import { decodeOnly, enter, readOid, readRaw, readTlv, tlv, type Tlv } from '#encoder/tlv';
import { OID } from '#pki/x509';
import { CmsError } from './cms-error.ts';
import type { SignerIdentifier } from './encode.ts';

export interface AlgorithmForm {
  readonly oid: string;
  readonly parameters: 'absent' | 'null' | 'other';
  /** The whole AlgorithmIdentifier. */
  readonly der: Uint8Array;
}

export interface AttributeForm {
  readonly oid: string;
  readonly values: readonly Tlv[];
}

export interface SignerInfoForm {
  readonly version: number;
  readonly sid: SignerIdentifier;
  readonly digestAlgorithm: AlgorithmForm;
  /** The SET OF as it is signed, its members in the order in which they came. */
  readonly signedAttributes: Uint8Array | undefined;
  readonly attributes: readonly AttributeForm[];
  readonly signatureAlgorithm: AlgorithmForm;
  readonly signature: Uint8Array;
  readonly hasUnsignedAttributes: boolean;
}

export interface SignedDataForm {
  readonly version: number;
  readonly digestAlgorithms: readonly AlgorithmForm[];
  readonly contentType: string;
  readonly content: Uint8Array | undefined;
  /** DER, in the order in which they came. */
  readonly certificates: readonly Uint8Array[];
  readonly hasRevocationLists: boolean;
  readonly signerInfos: readonly SignerInfoForm[];
}

/** An EF.SOD with certificate is under 4 KiB; a signature over a manifest under 2 KiB. Master lists are larger, and say so. */
const BYTES_MAX = 65_536;
/** Certificates, signers, digest algorithms or attributes: no file of a card has more than a few. */
const MEMBERS_MAX = 16;

/**
 * What a ContentInfo with a SignedData says, member by member, without a judgement: for parsers and linters that name what is wrong.
 * Definite, minimal lengths only. Throws `CmsError` or `DecodeError` for what is no SignedData.
 */
export function readSignedData(contentInfo: Uint8Array, path: string, bytesMax = BYTES_MAX): SignedDataForm {
  if (contentInfo.length > bytesMax) throw malformed(path, `${contentInfo.length} bytes`);
  const info = decodeOnly(contentInfo, 0x30, path);
  if (readOid(info) !== OID.signedData) throw malformed(`${path}/contentType`, 'not signedData');
  const explicit = enter(info, 0xa0);
  info.end();
  const data = enter(explicit, 0x30);
  explicit.end();
  const version = readVersion(data);
  const digestAlgorithms = each(enter(data, 0x31), readAlgorithmForm);
  const encapsulated = enter(data, 0x30);
  const contentType = readOid(encapsulated);
  const content = encapsulated.remaining > 0 ? readContent(enter(encapsulated, 0xa0)) : undefined;
  encapsulated.end();
  const certificates = data.peek() === 0xa0 ? each(enter(data, 0xa0), (set) => tlv(0x30, enter(set, 0x30).rest())) : [];
  const hasRevocationLists = skip(data, 0xa1);
  const signerInfos = each(enter(data, 0x31), (set) => readSignerInfo(enter(set, 0x30)));
  data.end();
  return { version, digestAlgorithms, contentType, content, certificates, hasRevocationLists, signerInfos };
}

function readSignerInfo(info: ByteReader): SignerInfoForm {
  const version = readVersion(info);
  const sid = readSignerIdentifier(info);
  const digestAlgorithm = readAlgorithmForm(info);
  const signedAttributes = info.peek() === 0xa0 ? tlv(0x31, enter(info, 0xa0).rest()) : undefined;
  const signatureAlgorithm = readAlgorithmForm(info);
  const signature = Uint8Array.from(enter(info, 0x04).rest());
  const hasUnsignedAttributes = skip(info, 0xa1);
  info.end();
  const attributes =
    signedAttributes === undefined ? [] : each(decodeOnly(signedAttributes, 0x31, `${info.path}/signedAttrs`), readAttribute);
  return { version, sid, digestAlgorithm, signedAttributes, attributes, signatureAlgorithm, signature, hasUnsignedAttributes };
}

function readAttribute(set: ByteReader): AttributeForm {
  const attribute = enter(set, 0x30);
  const oid = readOid(attribute);
  const values = each(enter(attribute, 0x31), readTlv);
  attribute.end();
  return { oid, values };
}

function readSignerIdentifier(info: ByteReader): SignerIdentifier {
  if (info.peek() === 0x80) return { subjectKeyIdentifier: Uint8Array.from(enter(info, 0x80).rest()) };
  const pair = enter(info, 0x30);
  const issuer = tlv(0x30, enter(pair, 0x30).rest());
  const serialNumber = Uint8Array.from(enter(pair, 0x02).rest());
  pair.end();
  return { issuer, serialNumber };
}

function readAlgorithmForm(reader: ByteReader): AlgorithmForm {
  const der = readRaw(reader);
  const algorithm = decodeOnly(der, 0x30, `${reader.path}/algorithm`);
  const oid = readOid(algorithm);
  if (algorithm.remaining === 0) return { oid, parameters: 'absent', der };
  const { tag, value } = readTlv(algorithm);
  algorithm.end();
  return { oid, parameters: tag === 0x05 && value.length === 0 ? 'null' : 'other', der };
}

function readContent(explicit: ByteReader): Uint8Array {
  const content = Uint8Array.from(enter(explicit, 0x04).rest());
  explicit.end();
  return content;
}

/** Whether an optional member is there; what it holds is not looked at. */
function skip(reader: ByteReader, tag: number): boolean {
  const present = reader.peek() === tag;
  if (present) enter(reader, tag);
  return present;
}

function readVersion(reader: ByteReader): number {
  const version = enter(reader, 0x02);
  const value = version.uint(1, 'version');
  version.end();
  return value;
}

function each<T>(members: ByteReader, read: (members: ByteReader) => T): readonly T[] {
  const found: T[] = [];
  while (members.remaining > 0) {
    if (found.length >= MEMBERS_MAX) throw malformed(members.path, `more than ${MEMBERS_MAX} members`);
    found.push(read(members));
  }
  return found;
}

export function malformed(where: string, detail: string): CmsError {
  return new CmsError('CMS_MALFORMED', { where, detail });
}
