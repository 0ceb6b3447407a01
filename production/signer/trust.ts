import { sql } from 'kysely';
import { equalBytes } from '#encoder/bytes';
import type { Quorum } from '#pki/ceremony';
import { crlFault, parseCrl } from '#pki/crl';
import { lintCertificate, parseCertificate, verifySignature, type Certificate } from '#pki/x509';
import { withTransaction, type Db, type Trx } from '#production/store';
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
  const all = [...trust.csca.all, ...imported('csca')];
  const crl = [trust.crl, ...imported('crl')].reduce((newest, next) => (isLater(next, newest) ? next : newest));
  return { ...trust, crl, csca: { current: all.at(-1) ?? trust.csca.current, all, links: [...trust.csca.links, ...imported('link')] } };
}

/**
 * Takes a revocation list in: of a CSCA that is trusted here, signed by it, in force, and not older than the one that is held.
 * @throws SignerError TRUST_REFUSED
 */
export async function importCrl(db: Db, trust: Trust, crl: Uint8Array, at: Date): Promise<void> {
  const held = await currentTrust(db, trust);
  const list = read(() => parseCrl(crl));
  const faults = held.csca.all.map((csca) => crlFault(list, parseCertificate(csca), at));
  if (!faults.includes(undefined))
    throw new SignerError('TRUST_REFUSED', { where: 'crl', detail: faults.find((fault) => fault !== 'issuer') ?? 'issuer' });
  if (!isLater(crl, held.crl) && !equalBytes(crl, held.crl))
    throw new SignerError('TRUST_REFUSED', { where: 'crl', detail: 'older than the one that is held' });
  await storeTrust(db, 'crl', crl);
}

/**
 * Takes a new CSCA in, by its link certificate: the link is signed by a CSCA that is trusted here, and certifies the very key of the new
 * self-signed certificate (Doc 9303-12 §4.1.3).
 * @throws SignerError TRUST_REFUSED, with the rule that is broken
 */
export async function importCscaLink(
  db: Db,
  trust: Trust,
  material: { readonly link: Uint8Array; readonly csca: Uint8Array },
): Promise<void> {
  const held = await currentTrust(db, trust);
  const [link, csca] = [read(() => parseCertificate(material.link)), read(() => parseCertificate(material.csca))];
  const findings = lintCertificate(csca, 'csca');
  const refused = [
    ...findings.map(({ rule }) => rule),
    ...(held.csca.all.some((known) => isIssuedBy(link, parseCertificate(known))) ? [] : ['link-by-a-known-csca']),
    ...(isIssuedBy(csca, csca) ? [] : ['csca-self-signed']),
    ...(equalBytes(link.spki, csca.spki) && equalBytes(link.subject, csca.subject) && link.isCa ? [] : ['link-names-this-csca']),
  ];
  if (refused.length > 0) throw new SignerError('TRUST_REFUSED', { where: 'link', detail: refused.join(', ') });
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

function isLater(crl: Uint8Array, than: Uint8Array): boolean {
  return parseCrl(crl).thisUpdate > parseCrl(than).thisUpdate;
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new SignerError('TRUST_REFUSED', { detail: 'not readable', cause });
  }
}

export async function storeTrust(db: Db | Trx, kind: 'csca' | 'link' | 'crl', content: Uint8Array): Promise<void> {
  await sql`
    insert into trust_material (content_hash, kind, content) values (${Buffer.from(sha256(content))}, ${kind}, ${Buffer.from(content)})
    on conflict (content_hash) do nothing`.execute(db);
}
