import { sql } from 'kysely';
import { equalBytes, isCodedError } from '#encoder/bytes';
import type { Quorum } from '#pki/ceremony';
import { importCrl as readForeignCrl, parseCrl, revokedSince, type Crl } from '#pki/crl';
import { lintRollOver, parseCertificate, verifySignature, type Certificate } from '#pki/x509';
import { withTransaction, type Db, type Trx } from '#production/store';
import { allDocumentSigners, quarantine } from './document-signers.ts';
import { sha256 } from './hashes.ts';
import { SignerError } from './signer-error.ts';

/** What a ceremony published of the authorities above the Document Signers; DER. */
export interface Trust {
  readonly csca: {
    readonly current: Uint8Array;
    readonly all: readonly Uint8Array[];
    /** Link certificates (Doc 9303-12 §4.1.3): each new CSCA signed by the one before. */
    readonly links: readonly Uint8Array[];
  };
  readonly crl: Uint8Array;
  /** CV certificates. */
  readonly cvca: { readonly certificate: Uint8Array; readonly links: readonly Uint8Array[] };
  /** Who may approve what two people must approve; nobody in a plant that was set up without custodians. */
  readonly quorum: Quorum;
}

/** The same, with what was imported since. */
export async function currentTrust(db: Db, trust: Trust): Promise<Trust> {
  const { rows } = await sql<{ kind: 'csca' | 'link' | 'crl'; content: Uint8Array }>`
    select kind, content from trust_material order by imported_at, content_hash`.execute(db);
  const imported = (kind: string): readonly Uint8Array[] =>
    rows.filter((row) => row.kind === kind).map(({ content }) => Uint8Array.from(content));
  const added = imported('csca');
  const crl = [trust.crl, ...imported('crl')].reduce((newest, next) => (isLater(parseCrl(next), parseCrl(newest)) ? next : newest));
  // The newest of a ceremony may rest after its roll-over: which one signs is what the ceremony says, until another comes in.
  const csca = {
    current: added.at(-1) ?? trust.csca.current,
    all: [...trust.csca.all, ...added],
    links: [...trust.csca.links, ...imported('link')],
  };
  return { ...trust, crl, csca };
}

/**
 * Takes a revocation list in: of a CSCA that is trusted here, signed by it, in force, and newer than the one that is held, by its date, and by its
 * number where both are of one CSCA. A Document Signer that stands on it never signs again.
 * @throws SignerError TRUST_REFUSED
 */
export async function importCrl(db: Db, trust: Trust, crl: Uint8Array, at: Date): Promise<void> {
  const held = await currentTrust(db, trust);
  const before = parseCrl(held.crl);
  const list = read('crl', () => {
    const ofOneIssuer = equalBytes(parseCrl(crl).issuer, before.issuer);
    return readForeignCrl(crl, { csca: held.csca.all, at, ...(ofOneIssuer ? { held: held.crl } : {}) });
  });
  if (!isLater(list, before) && !equalBytes(crl, held.crl))
    throw new SignerError('TRUST_REFUSED', { where: 'crl', detail: 'older than the one that is held' });
  await withTransaction(db, async (trx) => {
    await storeTrust(trx, 'crl', crl);
    await quarantineListed(trx, list);
  });
}

/** Document Signers that the list in force has revoked never sign again. To be called at every start: a ceremony publishes lists too. */
export async function quarantineRevoked(db: Db, trust: Trust): Promise<void> {
  const { crl } = await currentTrust(db, trust);
  await withTransaction(db, (trx) => quarantineListed(trx, parseCrl(crl)));
}

async function quarantineListed(trx: Trx, list: Crl): Promise<void> {
  for (const { hash, certificate } of await allDocumentSigners(trx))
    if (revokedSince(list, parseCertificate(certificate)) !== undefined) await quarantine(trx, hash, 'REVOKED');
}

/**
 * Takes a new CSCA in, by its link certificate (Doc 9303-12 §4.1.3), as `lintRollOver` judges the two.
 * @throws SignerError TRUST_REFUSED, with the rules that are broken
 */
export async function importCscaLink(
  db: Db,
  trust: Trust,
  material: { readonly link: Uint8Array; readonly csca: Uint8Array },
  cards: { readonly technicalLifeYears?: number } = {},
): Promise<void> {
  const held = await currentTrust(db, trust);
  const findings = lintRollOver(material, held.csca.all, cards);
  if (findings.length > 0) throw new SignerError('TRUST_REFUSED', { where: 'link', detail: findings.map(({ rule }) => rule).join(', ') });
  await withTransaction(db, async (trx) => {
    await storeTrust(trx, 'link', material.link);
    await storeTrust(trx, 'csca', material.csca);
  });
}

export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const { signatureAlgorithm: algorithm } = certificate;
  return (
    equalBytes(certificate.issuer, issuer.subject) &&
    issuer.isCa &&
    algorithm !== undefined &&
    verifySignature(algorithm, certificate.der, issuer.publicKey, certificate.signature)
  );
}

function isLater(list: Crl, than: Crl): boolean {
  const apart = list.thisUpdate.getTime() - than.thisUpdate.getTime();
  return apart > 0 || (apart === 0 && (list.number ?? 0n) > (than.number ?? 0n));
}

function read<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw new SignerError('TRUST_REFUSED', { where, detail: `${cause.code} ${cause.detail ?? ''}`.trim(), cause });
  }
}

export async function storeTrust(db: Db | Trx, kind: 'csca' | 'link' | 'crl', content: Uint8Array): Promise<void> {
  await sql`
    insert into trust_material (content_hash, kind, content) values (${Buffer.from(sha256(content))}, ${kind}, ${Buffer.from(content)})
    on conflict (content_hash) do nothing`.execute(db);
}
