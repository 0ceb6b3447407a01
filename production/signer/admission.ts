import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { concat, equalBytes } from '#encoder/bytes';
import { assertApproved, type Approval } from '#pki/ceremony';
import { issueCertificateRequest, matchCertificate, prepareCertificateRequest, provesKey, readAloud } from '#pki/certificate-request';
import { pointOfKey } from '#pki/ec';
import { isKeyOf } from '#pki/sod';
import { parseCrl, revokedSince } from '#pki/crl';
import { issuedBy, lintCertificate, parseCertificate, type DistinguishedName, type SignatureAlgorithm } from '#pki/x509';
import { withTransaction, type Db } from '#production/store';
import { insertDocumentSigner } from './document-signers.ts';
import { hex, sha256 } from './hashes.ts';
import { SignerError } from './signer-error.ts';
import { signed, type CardsMade, type SignerDeps, type Signing } from './signing.ts';
import { currentTrust, isIssuedBy, storeTrust } from './trust.ts';

/** What two people approve when they admit a Document Signer. */
export const ADMISSION = 'admit-document-signer';

const CARDS: CardsMade = { documentTypes: ['ID'], technicalLifeYears: 25 };

/** A request on its way to a CSCA: ours, or another authority's. */
export interface DocumentSignerRequest {
  readonly keyId: Uint8Array;
  /** PKCS#10, DER. */
  readonly request: Uint8Array;
  /** SHA-256 of the file, for two people to read to each other. */
  readonly readAloud: string;
}

/** Makes keys in a token and has each sign the request for its own certificate. Nothing is signed with them until that is admitted. */
export async function requestDocumentSigners(
  signing: Signing,
  wanted: { readonly token: string; readonly count: number; readonly subject: DistinguishedName },
): Promise<readonly DocumentSignerRequest[]> {
  const token = signing.tokens.named(wanted.token);
  if (token === undefined) throw new SignerError('SIGNER_REQUEST_INVALID', { where: 'token' });
  const requests: DocumentSignerRequest[] = [];
  for (let made = 0; made < wanted.count; made += 1) {
    const key = await token.makeDocumentSignerKey({ label: `cardmint/document-signer/${randomBytes(8).toString('hex')}` });
    const { keyId, spki } = key;
    await sql`insert into document_signer_keys (key_id, token, spki, spki_hash)
      values (${Buffer.from(keyId)}, ${token.name}, ${Buffer.from(spki)}, ${Buffer.from(sha256(spki))})`.execute(signing.db);
    // The end of the key identifier tells the signers of one plant apart.
    const subject = { ...wanted.subject, commonName: `${wanted.subject.commonName} ${hex(keyId).slice(-8).toUpperCase()}` };
    const prepared = prepareCertificateRequest({ subject, key: spki, algorithm: algorithmOf(spki) });
    const request = await signed(signing, {
      kind: 'certificate_request',
      subject: hex(keyId),
      content: prepared.info,
      signer: spki,
      sign: () => issueCertificateRequest(prepared, (digest) => token.signRequest(key, digest)),
    });
    requests.push({ keyId, request, readAloud: readAloud(request) });
  }
  return requests;
}

export interface Admission {
  readonly certificate: Uint8Array;
  /** The CSCA above it, where that is not trusted here yet: two people approve both together. */
  readonly issuers: readonly Uint8Array[];
  readonly approvals: readonly Approval[];
}

/** What the two people sign: the certificate, then the issuers, as they were shown to them. */
export function admissionContent({ certificate, issuers }: Pick<Admission, 'certificate' | 'issuers'>): Uint8Array {
  return concat(certificate, ...issuers);
}

/**
 * A certificate that came back becomes a spare: it keeps its profile, hangs on a CSCA that is trusted here (or comes with it), is for a key
 * that this plant asked for and whose token signs a challenge, and two people have seen it.
 * @returns the hash of the certificate, in hex
 * @throws SignerError DOCUMENT_SIGNER_REFUSED with the rules that are broken; CeremonyError APPROVAL_…
 */
export async function admitDocumentSigner(deps: SignerDeps, signing: Signing, admission: Admission): Promise<string> {
  const { certificate: der, issuers, approvals } = admission;
  const { documentTypes, technicalLifeYears, algorithms } = deps.cards ?? CARDS;
  const { spki, publicKey } = read(der);
  const asked = await requestedKey(deps.db, spki);
  for (const issuer of issuers) assertIssuer(read(issuer), technicalLifeYears);
  const { csca, crl, quorum } = await currentTrust(deps.db, deps.trust);
  if (revokedSince(parseCrl(crl), read(der)) !== undefined) throw refused('revoked');
  const findings = matchCertificate({
    certificate: der,
    spki: asked.spki,
    csca: [...csca.all, ...issuers],
    documentTypes,
    technicalLifeYears,
    at: deps.clock(),
  });
  if (algorithms !== undefined && !isKeyOf(algorithms, read(der))) throw refused('key-of-the-card-profile');
  if (findings.length > 0) throw refused(findings.map(({ rule }) => rule).join(', '));
  assertApproved({ kind: ADMISSION, content: admissionContent(admission) }, approvals, quorum);

  const token = signing.tokens.named(asked.token);
  if (token === undefined) throw refused('token-of-the-request');
  const key = { certificate: der, keyId: asked.keyId };
  const counter = await token.signaturesOf(key);
  if (counter !== undefined && counter > (await attemptsUnder(deps.db, [sha256(asked.spki), sha256(der)])))
    throw refused('signed-before-admission');
  const challenge = Uint8Array.from(randomBytes(32));
  await signed(signing, {
    kind: 'test',
    subject: hex(asked.keyId),
    content: challenge,
    signer: der,
    sign: async () => {
      let signature = new Uint8Array();
      const proven = await provesKey({ publicKey }, algorithmOf(spki), challenge, async (digest) => {
        signature = Uint8Array.from(await token.signDocument(key, digest));
        return signature;
      });
      if (!proven) throw refused('test-signature');
      return signature;
    },
  });
  return withTransaction(deps.db, async (trx) => {
    for (const issuer of issuers) if (!csca.all.some((known) => equalBytes(known, issuer))) await storeTrust(trx, 'csca', issuer);
    const base = counter === undefined ? undefined : 0;
    return insertDocumentSigner(trx, { token: asked.token, keyId: asked.keyId, certificate: der, counter: base }, signing.budget);
  });
}

interface RequestedKey {
  readonly token: string;
  readonly keyId: Uint8Array;
  readonly spki: Uint8Array;
}

async function requestedKey(db: Db, spki: Uint8Array): Promise<RequestedKey> {
  const { rows } = await sql<RequestedKey>`
    select token, key_id as "keyId", spki from document_signer_keys where spki_hash = ${Buffer.from(sha256(spki))}`.execute(db);
  const [key] = rows;
  if (key === undefined) throw refused('subject-public-key-of-a-request');
  return { token: key.token, keyId: Uint8Array.from(key.keyId), spki: Uint8Array.from(key.spki) };
}

/** How often a key was asked to sign, under whatever name it had then. */
export async function attemptsUnder(db: Db, signers: readonly Uint8Array[]): Promise<number> {
  const { rows } = await sql<{ attempts: number }>`
    select coalesce(sum(attempts), 0)::bigint as attempts from signature_intents
    where signer_hash = any (${signers.map((hash) => Buffer.from(hash))}::bytea[])`.execute(db);
  return rows[0]?.attempts ?? 0;
}

/** As strong as the curve (BSI TR-03116-2 §2). */
function algorithmOf(spki: Uint8Array): SignatureAlgorithm {
  const field = (pointOfKey(spki).length - 1) / 2;
  return { key: 'ec', hash: field <= 32 ? 'sha256' : field <= 48 ? 'sha384' : 'sha512' };
}

function read(der: Uint8Array): ReturnType<typeof parseCertificate> {
  try {
    return parseCertificate(der);
  } catch (cause) {
    throw new SignerError('DOCUMENT_SIGNER_REFUSED', { detail: 'not a certificate', cause });
  }
}

/** A CSCA that comes along with its Document Signer keeps its own profile. */
function assertIssuer(issuer: ReturnType<typeof parseCertificate>, technicalLifeYears: number): void {
  if (!isIssuedBy(issuer, issuer)) throw refused('issuer-self-signed');
  const findings = lintCertificate(issuer, 'csca', { technicalLifeYears, ...issuedBy(issuer) });
  if (findings.length > 0) throw refused(`issuer: ${findings.map(({ rule }) => rule).join(', ')}`);
}

function refused(detail: string): SignerError {
  return new SignerError('DOCUMENT_SIGNER_REFUSED', { detail });
}
