import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import { ldsSecurityObject, type EfCom, type LdsSecurityObject } from '#encoder/lds';
import { signatureFromToken, verifySignature, verifySignatureOnPool, type Certificate, type SignatureAlgorithm } from '#pki/x509';
import { HASH_OF, signatureAlgorithmOf, usualAlgorithms, type SodAlgorithms } from './algorithms.ts';
import { lastDayOf } from './card-life.ts';
import { assertDataGroup, documentTypeOf, readEfCom } from './data-groups.ts';
import { assertUsagePeriod, type DocumentSigner } from './document-signer.ts';
import { readFacts, type SodContext } from './lint/facts.ts';
import { sodFindings } from './lint/lint.ts';
import { SodError } from './sod-error.ts';
import { sodTemplate, type SodShape, type SodTemplate } from './template.ts';

export interface SodRequest {
  /** Whole files by data group number, DG1 and DG2 at least. */
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  readonly efCom: Uint8Array;
  readonly signer: DocumentSigner;
  /** The signer's clock. */
  readonly at: Date;
  /** `algorithms.sod` of the card's profile; SHA-256 throughout on the key that the certificate has where none are given. */
  readonly algorithms?: SodAlgorithms;
  /** How long a card without expiry is reckoned to last: `validity.technicalLifeYears` of its profile; 25 where none is given. */
  readonly technicalLifeYears?: number;
}

/** What may be signed, once, for one card. Record `digestToSign` and `ldsSecurityObjectHash` before the signature is asked for. */
export interface SodToken {
  /** Hash of the signed attributes by the algorithm's: what the Document Signer's key signs. */
  readonly digestToSign: Uint8Array;
  /** By which the token's key signs. */
  readonly algorithm: SignatureAlgorithm;
  readonly ldsSecurityObject: Uint8Array;
  /** SHA-256 of the LDS security object: the name of this card's data in intents and outcomes. */
  readonly ldsSecurityObjectHash: Uint8Array;
  readonly signedAttributes: Uint8Array;
  readonly signer: DocumentSigner;
}

/** Tokens that may be spent, each with the file that waits for its signature. */
const unspent = new WeakMap<SodToken, { readonly template: SodTemplate; readonly algorithms: SodAlgorithms }>();

/**
 * Lints everything that will be signed and builds it; signs nothing. The same data groups, signer and algorithms give the same
 * digest, so that a signature lost on its way is asked for again over identical content. Throws `SodError`, where `SOD_LINT` names rules; or
 * `CmsError` CMS_SIGNER_UNIDENTIFIABLE for a profile that names signers by a key identifier that the certificate has not.
 */
export function prepareSod(request: SodRequest): SodToken {
  const { dataGroups, efCom, signer, at, technicalLifeYears } = request;
  const { certificate } = signer;
  assertUsagePeriod(certificate, at);
  for (const [number, file] of dataGroups) assertDataGroup(number, file);
  const com = readEfCom(efCom);
  const given = [...dataGroups.keys()].toSorted((a, b) => a - b);
  if (com.dataGroups.join() !== given.join() || !dataGroups.has(1) || !dataGroups.has(2)) {
    throw new SodError('SOD_DATA_GROUP_SET', { detail: `EF.COM ${com.dataGroups.join(' ')}, given ${given.join(' ')}` });
  }
  assertDocumentType(certificate, dataGroups.get(1));
  const lastDay = lastDayOf(dataGroups, { at, technicalLifeYears });
  if (lastDay === undefined) throw new SodError('SOD_DATA_GROUP_INVALID', { where: 'DG1/dateOfExpiry' });
  const ldsVersionInfo = versionInfoOf(com);
  const algorithms = request.algorithms ?? usualAlgorithms(certificate, ldsVersionInfo === undefined ? 0 : 1);
  const template = templateOf({ certificate, algorithms, dataGroups: given, ldsVersionInfo });
  const hashes = given.map((number) => digest(HASH_OF[algorithms.digest], dataGroups.get(number) ?? new Uint8Array()));
  return tokenOf(template, template.ldsSecurityObject(hashes), signer, { dataGroups, algorithms, lastDay });
}

/** From LDS 1.8 on the security object is v1 and has the versions of EF.COM inside (Doc 9303-10 §4.6.2.1); before it is v0 (Appendix D). */
const FIRST_WITH_V1 = '0108';

function versionInfoOf({ ldsVersion, unicodeVersion }: EfCom): LdsSecurityObject['ldsVersionInfo'] {
  return ldsVersion < FIRST_WITH_V1 ? undefined : { ldsVersion, unicodeVersion };
}

/** A token for an LDS security object that was prepared and recorded before: identical content, the usage period checked again. */
export function sodTokenOf(encodedLdsSecurityObject: Uint8Array, signer: DocumentSigner, at: Date, wanted?: SodAlgorithms): SodToken {
  const { certificate } = signer;
  assertUsagePeriod(certificate, at);
  const { ldsVersionInfo, hashAlgorithm, hashParameters, dataGroupHashes } = readLdsSecurityObject(encodedLdsSecurityObject);
  if (hashAlgorithm === 'SHA-1') throw new SodError('SOD_LINT', { detail: 'lds-digest-permitted' });
  const usual = usualAlgorithms(certificate, ldsVersionInfo === undefined ? 0 : 1);
  const algorithms = wanted ?? { ...usual, digest: hashAlgorithm, digestParameters: hashParameters ?? 'absent' };
  const dataGroups = dataGroupHashes.map(({ dataGroup }) => dataGroup);
  const template = templateOf({ certificate, algorithms, dataGroups, ldsVersionInfo });
  const lds = template.ldsSecurityObject(dataGroupHashes.map(({ hash }) => hash));
  if (!equalBytes(lds, encodedLdsSecurityObject)) throw new SodError('SOD_LINT', { detail: 'lds-algorithms-of-the-profile' });
  return tokenOf(template, lds, signer, { algorithms });
}

function tokenOf(
  template: SodTemplate,
  lds: Uint8Array,
  signer: DocumentSigner,
  context: SodContext & { readonly algorithms: SodAlgorithms },
): SodToken {
  const algorithm = signatureAlgorithmOf(context.algorithms);
  // contentType and messageDigest alone, as on the cards in circulation: no signing time (Doc 9303-10 Table D-1 asks for none).
  const signedAttributes = template.signedAttributes(digest(algorithm.hash, lds));
  assertLint(template.efSod(lds, signedAttributes, NO_SIGNATURE), signer.certificate, context);
  const token: SodToken = Object.freeze({
    digestToSign: digest(algorithm.hash, signedAttributes),
    algorithm,
    ldsSecurityObject: lds,
    ldsSecurityObjectHash: digest('sha256', lds),
    signedAttributes,
    signer,
  });
  unspent.set(token, { template, algorithms: context.algorithms });
  return token;
}

/** In the place of a signature that is not made yet: no rule looks at its content. */
const NO_SIGNATURE = new Uint8Array(64);

/**
 * Spends the token: EF.SOD (tag 77) from what the key gave (raw r || s, or the octets of an RSA signature), verified with the certificate's
 * public key by node:crypto before it leaves, the file linted as it will stand on the chip. Throws `SIGNATURE_REJECTED`,
 * `SOD_TOKEN_SPENT` or `SOD_LINT`.
 */
export function issueSod(token: SodToken, rawSignature: Uint8Array): Uint8Array {
  const spent = spend(token, rawSignature);
  return finish(spent, verifySignature(token.algorithm, token.signedAttributes, spent.certificate.publicKey, spent.signature));
}

/** The same, the signature verified on a thread of libuv's pool: a signer builds other cards meanwhile. */
export async function issueSodOnPool(token: SodToken, rawSignature: Uint8Array): Promise<Uint8Array> {
  const spent = spend(token, rawSignature);
  return finish(spent, await verifySignatureOnPool(token.algorithm, token.signedAttributes, spent.certificate.publicKey, spent.signature));
}

interface SpentToken {
  readonly token: SodToken;
  readonly template: SodTemplate;
  readonly algorithms: SodAlgorithms;
  readonly certificate: Certificate;
  readonly signature: Uint8Array;
}

function spend(token: SodToken, rawSignature: Uint8Array): SpentToken {
  const waiting = unspent.get(token);
  if (waiting === undefined || !unspent.delete(token)) throw new SodError('SOD_TOKEN_SPENT');
  return { ...waiting, token, certificate: token.signer.certificate, signature: signatureOrRefusal(token.algorithm, rawSignature) };
}

function finish({ token, template, algorithms, certificate, signature }: SpentToken, verified: boolean): Uint8Array {
  if (!verified) throw new SodError('SIGNATURE_REJECTED');
  const efSod = template.efSod(token.ldsSecurityObject, token.signedAttributes, signature);
  const lengths = linted.get(template) ?? new Set<number>();
  if (!lengths.has(signature.length)) assertLint(efSod, certificate, { algorithms });
  linted.set(template, lengths.add(signature.length));
  return efSod;
}

/**
 * Lengths of signatures with which a file of this template was linted as it leaves: all that stands around content, attributes and
 * signature is a function of that length, and content and attributes were linted by `prepareSod`.
 */
const linted = new WeakMap<SodTemplate, Set<number>>();

const templates = new WeakMap<Certificate, Map<string, SodTemplate>>();

/** Profiles and sets of data groups (a portrait that is missing, fingers) make a few shapes; a request cannot make up ever more of them. */
const SHAPES_MAX = 64;

function templateOf(shape: SodShape): SodTemplate {
  const shapes = templates.get(shape.certificate) ?? new Map<string, SodTemplate>();
  templates.set(shape.certificate, shapes);
  const name = JSON.stringify([shape.algorithms, shape.dataGroups, shape.ldsVersionInfo]);
  const before = shapes.get(name);
  if (before !== undefined) return before;
  const template = sodTemplate(shape);
  if (shapes.size >= SHAPES_MAX) shapes.clear();
  shapes.set(name, template);
  return template;
}

function assertLint(efSod: Uint8Array, certificate: Certificate, context: SodContext): void {
  const findings = sodFindings(readFacts(efSod, context, certificate));
  if (findings.length > 0) throw new SodError('SOD_LINT', { detail: findings.map(({ rule }) => rule).join(', ') });
}

function assertDocumentType({ documentTypes }: Certificate, dg1: Uint8Array | undefined): void {
  const type = documentTypeOr(dg1 ?? new Uint8Array());
  if (type === undefined) throw new SodError('SOD_DATA_GROUP_INVALID', { where: 'DG1/5F1F' });
  if (documentTypes?.includes(type) !== true)
    throw new SodError('SOD_DOCUMENT_TYPE', { detail: `allowed ${documentTypes?.join(' ') ?? ''}` });
}

function documentTypeOr(dg1: Uint8Array): string | undefined {
  try {
    return documentTypeOf(dg1);
  } catch {
    return undefined;
  }
}

function readLdsSecurityObject(encoded: Uint8Array): LdsSecurityObject {
  try {
    return ldsSecurityObject.decode(encoded);
  } catch (cause) {
    throw new SodError('SOD_MALFORMED', { where: 'LDSSecurityObject', cause });
  }
}

function signatureOrRefusal(algorithm: SignatureAlgorithm, raw: Uint8Array): Uint8Array {
  try {
    return signatureFromToken(algorithm, raw);
  } catch (cause) {
    throw new SodError('SIGNATURE_REJECTED', { cause });
  }
}

function digest(hash: SignatureAlgorithm['hash'], bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash(hash).update(bytes).digest());
}
