import { createPublicKey, type KeyObject } from 'node:crypto';
import { equalBytes, type ByteReader } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, enter, readOid, readTlv, tlv, type Tlv } from '#encoder/tlv';
import { OID } from './oid.ts';
import { readAlgorithm, type SignatureAlgorithm } from './signature-algorithm.ts';
import { decodeTime } from './time.ts';
import { X509Error } from './x509-error.ts';

export interface CertificateExtension {
  readonly critical: boolean;
  /** The content of extnValue. */
  readonly value: Uint8Array;
}

export interface TbsCertificate {
  readonly der: Uint8Array;
  /** Content octets of the INTEGER, as they stand. */
  readonly serialNumber: Uint8Array;
  /** The AlgorithmIdentifier that is signed, in DER. */
  readonly signatureAlgorithmDer: Uint8Array;
  /** Undefined for an algorithm that Doc 9303-12 §4.1.6 does not permit. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  /** Names in DER: compared as bytes. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly validity: { readonly notBefore: Date; readonly notAfter: Date; readonly tags: readonly [number, number] };
  readonly spki: Uint8Array;
  readonly publicKey: KeyObject;
  /** Whether issuerUniqueID or subjectUniqueID stands there. */
  readonly hasUniqueIdentifiers: boolean;
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  readonly subjectKeyIdentifier: Uint8Array | undefined;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
  readonly isCa: boolean;
  /** Named bits that are asserted, counted from the first (digitalSignature 0, keyCertSign 5, cRLSign 6). */
  readonly keyUsage: readonly number[];
  readonly privateKeyUsagePeriod: { readonly notBefore: Date | undefined; readonly notAfter: Date | undefined } | undefined;
  readonly documentTypes: readonly string[] | undefined;
}

export interface Certificate extends TbsCertificate {
  /** The whole certificate. */
  readonly certificate: Uint8Array;
  readonly signature: Uint8Array;
}

/** The largest certificate in the published master lists is under 3 KiB. */
const CERTIFICATE_BYTES_MAX = 16_384;
const EXTENSIONS_MAX = 32;

/** Strict DER reader of X.509 v3 (RFC 5280 §4.1). Throws `X509Error` or `DecodeError`; it verifies nothing. */
export function parseCertificate(certificate: Uint8Array): Certificate {
  if (certificate.length > CERTIFICATE_BYTES_MAX) throw malformed('certificate', `${certificate.length} bytes`);
  const outer = decodeOnly(certificate, 0x30, 'certificate');
  const tbs = parseTbsCertificate(rebuild(readTlv(outer), 'tbsCertificate'));
  if (!equalBytes(readDer(outer, 0x30, 'signatureAlgorithm'), tbs.signatureAlgorithmDer))
    throw malformed('certificate/signatureAlgorithm', 'differs from the one that is signed');
  const bits = enter(outer, 0x03);
  if (bits.uint(1, 'unused bits') !== 0) throw malformed('certificate/signatureValue', 'unused bits');
  const signature = Uint8Array.from(bits.rest());
  outer.end();
  return { ...tbs, certificate: Uint8Array.from(certificate), signature };
}

export function parseTbsCertificate(der: Uint8Array): TbsCertificate {
  const tbs = decodeOnly(der, 0x30, 'tbsCertificate');
  const version = enter(enter(tbs, 0xa0), 0x02);
  if (version.uint(1, 'version') !== 2 || version.remaining > 0) throw malformed('tbsCertificate/version', 'not v3');
  const serialNumber = Uint8Array.from(enter(tbs, 0x02).rest());
  const signatureAlgorithmDer = readDer(tbs, 0x30, 'signature');
  const issuer = readDer(tbs, 0x30, 'issuer');
  const validity = readValidity(enter(tbs, 0x30));
  const subject = readDer(tbs, 0x30, 'subject');
  const spki = readDer(tbs, 0x30, 'subjectPublicKeyInfo');
  const hasUniqueIdentifiers = [0x81, 0x82].filter((tag) => tbs.peek() === tag && readTlv(tbs).tag === tag).length > 0;
  const extensions = readExtensions(enter(enter(tbs, 0xa3), 0x30));
  tbs.end();
  return {
    der: Uint8Array.from(der),
    serialNumber,
    signatureAlgorithmDer,
    signatureAlgorithm: readAlgorithm(signatureAlgorithmDer),
    issuer,
    subject,
    validity,
    spki,
    publicKey: readPublicKey(spki),
    hasUniqueIdentifiers,
    extensions,
    ...readKnownExtensions(extensions),
  };
}

/** The extensions that Passive Authentication acts on. basicConstraints: the path is one certificate long whatever its length constraint. */
const PROCESSED: ReadonlySet<string> = new Set([
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.keyUsage,
  OID.privateKeyUsagePeriod,
  OID.basicConstraints,
  OID.documentTypeList,
]);

/** Critical extensions that nothing here acts on: a certificate with one MUST be rejected (RFC 5280 §4.2). */
export function unprocessedCritical({ extensions }: Pick<TbsCertificate, 'extensions'>): readonly string[] {
  return Array.from(extensions).flatMap(([oid, { critical }]) => (critical && !PROCESSED.has(oid) ? [oid] : []));
}

function readKnownExtensions(
  extensions: ReadonlyMap<string, CertificateExtension>,
): Pick<
  TbsCertificate,
  'subjectKeyIdentifier' | 'authorityKeyIdentifier' | 'isCa' | 'keyUsage' | 'privateKeyUsagePeriod' | 'documentTypes'
> {
  const value = (oid: string) => extensions.get(oid)?.value;
  const ski = value(OID.subjectKeyIdentifier);
  const aki = value(OID.authorityKeyIdentifier);
  const basic = value(OID.basicConstraints);
  const usage = value(OID.keyUsage);
  const period = value(OID.privateKeyUsagePeriod);
  const types = value(OID.documentTypeList);
  return {
    subjectKeyIdentifier: ski === undefined ? undefined : Uint8Array.from(decodeOnly(ski, 0x04, 'subjectKeyIdentifier').rest()),
    authorityKeyIdentifier: aki === undefined ? undefined : optionalMember(aki, 0x80, 'authorityKeyIdentifier'),
    isCa: basic !== undefined && optionalMember(basic, 0x01, 'basicConstraints')?.[0] === 0xff,
    keyUsage: usage === undefined ? [] : readBits(usage),
    privateKeyUsagePeriod: period === undefined ? undefined : readUsagePeriod(period),
    documentTypes: types === undefined ? undefined : readDocumentTypes(types),
  };
}

/** PrivateKeyUsagePeriod ::= SEQUENCE { notBefore [0] GeneralizedTime OPTIONAL, notAfter [1] GeneralizedTime OPTIONAL } */
function readUsagePeriod(value: Uint8Array): TbsCertificate['privateKeyUsagePeriod'] {
  const read = (tag: number) => {
    const time = optionalMember(value, tag, 'privateKeyUsagePeriod');
    return time === undefined ? undefined : decodeTime({ tag: 0x18, value: time }, 'privateKeyUsagePeriod');
  };
  return { notBefore: read(0x80), notAfter: read(0x81) };
}

/** DocumentTypeListSyntax ::= SEQUENCE { version INTEGER { v0(0) }, docTypeList SET OF PrintableString } (Doc 9303-12 §7.1.1.6) */
function readDocumentTypes(value: Uint8Array): readonly string[] {
  const sequence = decodeOnly(value, 0x30, 'documentTypeList');
  const version = enter(sequence, 0x02).rest();
  if (!equalBytes(version, Uint8Array.of(0))) throw malformed('documentTypeList/version', 'not v0');
  const list = enter(sequence, 0x31);
  sequence.end();
  return decodeTlvs(list.rest(), 'documentTypeList').map(({ tag, value: type }) => {
    if (tag !== 0x13) throw malformed('documentTypeList', 'not a PrintableString');
    return Buffer.from(type).toString('latin1');
  });
}

function readBits(value: Uint8Array): readonly number[] {
  const bits = decodeOnly(value, 0x03, 'keyUsage');
  bits.uint(1, 'unused bits');
  return [...bits.rest()].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (0x80 >> bit)) !== 0).map((bit) => index * 8 + bit),
  );
}

function optionalMember(value: Uint8Array, tag: number, path: string): Uint8Array | undefined {
  const members = decodeTlvs(decodeOnly(value, 0x30, path).rest(), path);
  const found = members.find((member) => member.tag === tag);
  return found === undefined ? undefined : Uint8Array.from(found.value);
}

function readExtensions(list: ByteReader): ReadonlyMap<string, CertificateExtension> {
  const extensions = new Map<string, CertificateExtension>();
  while (list.remaining > 0) {
    const extension = enter(list, 0x30);
    const oid = readOid(extension);
    const critical = extension.peek() === 0x01 ? enter(extension, 0x01).uint(1, 'critical') : 0;
    const value = Uint8Array.from(enter(extension, 0x04).rest());
    extension.end();
    if (extensions.has(oid)) throw malformed('extensions', `${oid} twice`);
    if (extensions.size >= EXTENSIONS_MAX) throw malformed('extensions', `more than ${EXTENSIONS_MAX}`);
    // In BER any other octet is TRUE as well: taken for FALSE it would hide a critical extension. The lint refuses it as no DER.
    extensions.set(oid, { critical: critical !== 0, value });
  }
  return extensions;
}

function readValidity(validity: ByteReader): TbsCertificate['validity'] {
  const [from, to] = [readTlv(validity), readTlv(validity)];
  validity.end();
  return { notBefore: decodeTime(from, 'validity/notBefore'), notAfter: decodeTime(to, 'validity/notAfter'), tags: [from.tag, to.tag] };
}

function readPublicKey(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new X509Error('CERTIFICATE_MALFORMED', { where: 'subjectPublicKeyInfo', cause });
  }
}

function readDer(reader: ByteReader, tag: number, path: string): Uint8Array {
  const found = readTlv(reader);
  if (found.tag !== tag) throw malformed(path, 'unexpected tag');
  return rebuild(found, path);
}

/** The reader demands minimal lengths, so encoding again gives the bytes that were there. */
function rebuild(element: Tlv, path: string): Uint8Array {
  if (element.tag !== 0x30) throw malformed(path, 'not a SEQUENCE');
  return tlv(element.tag, element.value);
}

function malformed(where: string, detail: string): X509Error {
  return new X509Error('CERTIFICATE_MALFORMED', { where, detail });
}
