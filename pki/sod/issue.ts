import { createHash } from 'node:crypto';
import { ldsSecurityObject } from '#encoder/lds';
import { tlv } from '#encoder/tlv';
import { encodeSignedAttributes, encodeSignedData } from '#pki/cms';
import { lintCertificate, OID, parseCertificate, verifySignature, type Certificate } from '#pki/x509';
import { derSignature } from '#pki/ec';
import { assertDataGroup, documentTypeOf, readEfCom } from './data-groups.ts';
import { SodError } from './sod-error.ts';

/** A Document Signer's certificate, read and linted once for the many cards it signs. */
export interface DocumentSigner {
  readonly certificate: Certificate;
  /** The subject key identifier, which is the token's key identifier. */
  readonly keyId: Uint8Array;
}

export interface SodRequest {
  /** Whole files by data group number, DG1 and DG2 at least. */
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  readonly efCom: Uint8Array;
  readonly signer: DocumentSigner;
  /** The signer's clock. */
  readonly at: Date;
}

/** What may be signed, once, for one card. Record `digestToSign` and `ldsSecurityObjectHash` before the signature is asked for. */
export interface SodToken {
  /** SHA-256 of the signed attributes: what the Document Signer's key signs. */
  readonly digestToSign: Uint8Array;
  readonly ldsSecurityObject: Uint8Array;
  /** SHA-256 of the LDS security object: the name of this card's data in intents and outcomes. */
  readonly ldsSecurityObjectHash: Uint8Array;
  readonly signedAttributes: Uint8Array;
  readonly signer: DocumentSigner;
}

const unspent = new WeakSet<SodToken>();

/** Throws `SOD_SIGNER_UNSUITABLE` for anything that is not a Document Signer's certificate on an elliptic curve. */
export function documentSigner(certificateDer: Uint8Array): DocumentSigner {
  const certificate = readCertificate(certificateDer);
  const findings = lintCertificate(certificate, 'document-signer', { technicalLifeYears: 0 });
  const keyId = certificate.subjectKeyIdentifier;
  if (findings.length > 0 || keyId === undefined || certificate.publicKey.asymmetricKeyType !== 'ec') {
    throw new SodError('SOD_SIGNER_UNSUITABLE', { detail: findings.map(({ rule }) => rule).join(', ') });
  }
  return Object.freeze({ certificate, keyId });
}

/**
 * Lints everything that will be signed and builds it; signs nothing. The same data groups and signer give the same digest,
 * so that a signature lost on its way is asked for again over identical content.
 */
export function prepareSod(request: SodRequest): SodToken {
  const { dataGroups, efCom, signer, at } = request;
  assertUsagePeriod(signer.certificate, at);
  for (const [number, file] of dataGroups) assertDataGroup(number, file);
  const { dataGroups: listed, ldsVersion, unicodeVersion } = readEfCom(efCom);
  const given = [...dataGroups.keys()].toSorted((a, b) => a - b);
  if (listed.join() !== given.join() || !dataGroups.has(1) || !dataGroups.has(2)) {
    throw new SodError('SOD_DATA_GROUP_SET', { detail: `EF.COM ${listed.join(' ')}, given ${given.join(' ')}` });
  }
  assertDocumentType(signer.certificate, dataGroups.get(1));
  const dataGroupHashes = given.map((dataGroup) => ({ dataGroup, hash: sha256(dataGroups.get(dataGroup) ?? new Uint8Array()) }));
  const versions = ldsVersion < FIRST_WITH_V1 ? {} : { ldsVersionInfo: { ldsVersion, unicodeVersion } };
  return sodTokenOf(ldsSecurityObject.encode({ hashAlgorithm: 'SHA-256', dataGroupHashes, ...versions }), signer, at);
}

/** From LDS 1.8 on the security object is v1 and has the versions of EF.COM inside (Doc 9303-10 §4.6.2.1); before it is v0 (Appendix D). */
const FIRST_WITH_V1 = '0108';

/** A token for an LDS security object that was prepared and recorded before: identical content, the usage period checked again. */
export function sodTokenOf(encodedLdsSecurityObject: Uint8Array, signer: DocumentSigner, at: Date): SodToken {
  assertUsagePeriod(signer.certificate, at);
  assertLdsSecurityObject(encodedLdsSecurityObject);
  const ldsSecurityObjectHash = sha256(encodedLdsSecurityObject);
  // contentType and messageDigest alone, as on the cards in circulation: no signing time (Doc 9303-10 Table D-1 asks for none).
  const signedAttributes = encodeSignedAttributes({ contentType: OID.ldsSecurityObject, messageDigest: ldsSecurityObjectHash });
  const token: SodToken = Object.freeze({
    digestToSign: sha256(signedAttributes),
    ldsSecurityObject: Uint8Array.from(encodedLdsSecurityObject),
    ldsSecurityObjectHash,
    signedAttributes,
    signer,
  });
  unspent.add(token);
  return token;
}

/**
 * Spends the token: EF.SOD (tag 77) from the raw r || s, verified with the certificate's public key by node:crypto before it leaves.
 * Throws `SIGNATURE_REJECTED` or `SOD_TOKEN_SPENT`.
 */
export function issueSod(token: SodToken, rawSignature: Uint8Array): Uint8Array {
  if (!unspent.delete(token)) throw new SodError('SOD_TOKEN_SPENT');
  const { certificate } = token.signer;
  const signature = signatureOrRefusal(rawSignature);
  if (!verifySignature({ key: 'ec', hash: 'sha256' }, token.signedAttributes, certificate.publicKey, signature)) {
    throw new SodError('SIGNATURE_REJECTED');
  }
  const signedData = encodeSignedData({
    contentType: OID.ldsSecurityObject,
    content: token.ldsSecurityObject,
    hash: 'sha256',
    certificate: certificate.certificate,
    issuer: certificate.issuer,
    serialNumber: certificate.serialNumber,
    signedAttributes: token.signedAttributes,
    signature,
  });
  return tlv(0x77, signedData);
}

function assertUsagePeriod({ privateKeyUsagePeriod: usage, validity }: Certificate, at: Date): void {
  const from = usage?.notBefore ?? validity.notBefore;
  const to = usage?.notAfter ?? validity.notAfter;
  if (at < from || at > to || at < validity.notBefore || at > validity.notAfter) throw new SodError('SOD_SIGNER_OUTSIDE_USAGE_PERIOD');
}

function assertDocumentType({ documentTypes }: Certificate, dg1: Uint8Array | undefined): void {
  const type = readOr(() => documentTypeOf(dg1 ?? new Uint8Array()));
  if (type === undefined) throw new SodError('SOD_DATA_GROUP_INVALID', { where: 'DG1/5F1F' });
  if (documentTypes?.includes(type) !== true)
    throw new SodError('SOD_DOCUMENT_TYPE', { detail: `allowed ${documentTypes?.join(' ') ?? ''}` });
}

function assertLdsSecurityObject(encoded: Uint8Array): void {
  try {
    ldsSecurityObject.decode(encoded);
  } catch (cause) {
    throw new SodError('SOD_MALFORMED', { where: 'LDSSecurityObject', cause });
  }
}

function readCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    throw new SodError('SOD_SIGNER_UNSUITABLE', { cause });
  }
}

function signatureOrRefusal(raw: Uint8Array): Uint8Array {
  try {
    return derSignature(raw);
  } catch (cause) {
    throw new SodError('SIGNATURE_REJECTED', { cause });
  }
}

function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
