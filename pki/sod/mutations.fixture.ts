import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import { ldsSecurityObject, type LdsSecurityObject } from '#encoder/lds';
import { decodeOnly, decodeTlvs, derInteger, derOctetString, derOid, derSequence, derSet, derSetOf, readRaw, tlv } from '#encoder/tlv';
import { specimenFiles } from '#pki/testing';
import { encodeAlgorithm, OID, parseCertificate, signatureFromToken, type HashName } from '#pki/x509';
import type { ThrowAwayPki } from './throw-away.fixture.ts';

/** Members of SignedData and of SignerInfo, each a whole data object; an empty one is left out. */
export interface DataMembers {
  readonly version: Uint8Array;
  readonly digestAlgorithms: Uint8Array;
  readonly encapContentInfo: Uint8Array;
  readonly certificates: Uint8Array;
  readonly crls: Uint8Array;
  readonly signerInfos: Uint8Array;
}
export interface SignerMembers {
  readonly version: Uint8Array;
  readonly sid: Uint8Array;
  readonly digestAlgorithm: Uint8Array;
  readonly signedAttrs: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly unsignedAttrs: Uint8Array;
}

/** What is done to a good EF.SOD: in what is signed, which is then signed anew by the same key, or around it. */
export interface Mutation {
  readonly lds?: Uint8Array;
  readonly contentType?: string;
  /** Members of signedAttrs, as they will lie and be signed. */
  readonly attributes?: (members: readonly Uint8Array[]) => readonly Uint8Array[];
  /** Of content and signature. */
  readonly hash?: HashName;
  /** Another Document Signer certificate of the same key. */
  readonly certificate?: Uint8Array;
  readonly signer?: (signer: SignerMembers) => Partial<SignerMembers>;
  readonly data?: (data: DataMembers) => Partial<DataMembers>;
  readonly file?: (efSod: Uint8Array) => Uint8Array;
}

/** EF.SOD over the specimen's files by the throw-away Document Signer, mutated; without a mutation it is good in every respect. */
export function mutatedSod(pki: ThrowAwayPki, mutation: Mutation = {}): Uint8Array {
  const {
    lds = ldsOver(),
    contentType = OID.ldsSecurityObject,
    certificate = pki.documentSigner,
    hash = pki.key.algorithm.hash,
  } = mutation;
  const { issuer, serialNumber } = parseCertificate(certificate);
  const digestAlgorithm = derSequence(derOid(OID[hash]));
  const digest = createHash(hash).update(lds).digest();
  const members = [attribute(OID.contentType, derOid(contentType)), attribute(OID.messageDigest, derOctetString(digest))];
  const signedAttrs = mutation.attributes === undefined ? derSetOf(members) : derSet(...mutation.attributes(members));
  const algorithm = { ...pki.key.algorithm, hash };
  const signer: SignerMembers = {
    version: derInteger(1),
    sid: derSequence(issuer, tlv(0x02, serialNumber)),
    digestAlgorithm,
    signedAttrs: tlv(0xa0, decodeOnly(signedAttrs, 0x31, 'signedAttrs').rest()),
    signatureAlgorithm: encodeAlgorithm(algorithm),
    signature: derOctetString(signatureFromToken(algorithm, pki.key.sign(signedAttrs, algorithm))),
    unsignedAttrs: NOTHING,
  };
  const data: DataMembers = {
    version: derInteger(3),
    digestAlgorithms: derSet(digestAlgorithm),
    encapContentInfo: derSequence(derOid(contentType), tlv(0xa0, derOctetString(lds))),
    certificates: tlv(0xa0, certificate),
    crls: NOTHING,
    signerInfos: derSet(derSequence(...Object.values({ ...signer, ...mutation.signer?.(signer) }))),
  };
  const signedData = derSequence(...Object.values({ ...data, ...mutation.data?.(data) }));
  const file = tlv(0x77, derSequence(derOid(OID.signedData), tlv(0xa0, signedData)));
  return mutation.file?.(file) ?? file;
}

export const NOTHING = new Uint8Array();

export function attribute(oid: string, ...values: readonly Uint8Array[]): Uint8Array {
  return derSequence(derOid(oid), derSet(...values));
}

/** The LDS security object of the specimen's files, with changes. */
export function ldsOver(changes: Partial<LdsSecurityObject> = {}, files = specimenFiles(), hash: HashName = 'sha256'): Uint8Array {
  const dataGroupHashes = [...files].map(([dataGroup, file]) => ({
    dataGroup,
    hash: Uint8Array.from(createHash(hash).update(file).digest()),
  }));
  return ldsSecurityObject.encode({ hashAlgorithm: 'SHA-256', dataGroupHashes, ...changes });
}

/** Members of TBSCertificate, each a whole data object; of the extensions, their list. */
export interface TbsMembers {
  readonly version: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: Uint8Array;
  readonly validity: Uint8Array;
  readonly subject: Uint8Array;
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

/** The Document Signer's certificate with other members, certified anew by the CSCA's key. */
export function recertified({ documentSigner, cscaKey }: ThrowAwayPki, change: (tbs: TbsMembers) => Partial<TbsMembers>): Uint8Array {
  const parts = membersOf(parseCertificate(documentSigner).der);
  const [version = NOTHING, serialNumber = NOTHING, signature = NOTHING, issuer = NOTHING] = parts;
  const [validity = NOTHING, subject = NOTHING, subjectPublicKeyInfo = NOTHING, last = NOTHING] = parts.slice(4);
  const [list = NOTHING] = membersOf(last);
  const good: TbsMembers = {
    version,
    serialNumber,
    signature,
    issuer,
    validity,
    subject,
    subjectPublicKeyInfo,
    extensions: membersOf(list),
  };
  const { extensions, ...others } = { ...good, ...change(good) };
  const tbs = derSequence(...Object.values(others), tlv(0xa3, derSequence(...extensions)));
  const { algorithm } = cscaKey;
  const signed = signatureFromToken(algorithm, cscaKey.sign(tbs));
  return derSequence(tbs, encodeAlgorithm(algorithm), tlv(0x03, Uint8Array.of(0), signed));
}

/** All but the extension of this identifier. */
export function without(extensions: readonly Uint8Array[], oid: string): readonly Uint8Array[] {
  return extensions.filter((extension) => !equalBytes(membersOf(extension)[0] ?? NOTHING, derOid(oid)));
}

/** The data objects in a constructed one, each whole. */
export function membersOf(object: Uint8Array): readonly Uint8Array[] {
  const [outer] = decodeTlvs(object, 'object');
  if (outer === undefined) return [];
  const reader = decodeOnly(object, outer.tag, 'object');
  const members: Uint8Array[] = [];
  while (reader.remaining > 0) members.push(readRaw(reader));
  return members;
}
