import { sql } from 'kysely';
import { documentSigner, type DocumentSigner } from '#pki/sod';
import { appendAudit } from '#production/audit';
import { systemIds, withTransaction, type Db, type Trx } from '#production/store';
import type { BudgetRow, DocumentSignerState } from './budget.ts';
import { hex, sha256 } from './hashes.ts';
import { SignerError } from './signer-error.ts';

/** What a Document Signer may sign in its life: whichever ends first. */
export interface BudgetPolicy {
  readonly documentsMax: number;
  readonly daysMax: number;
}

export const DEFAULT_BUDGET: BudgetPolicy = Object.freeze({ documentsMax: 100_000, daysMax: 30 });

/** A Document Signer as the database knows it. */
export interface DocumentSignerRow extends BudgetRow {
  readonly keyId: Uint8Array;
  readonly certificate: Uint8Array;
  readonly reason: string | null;
  readonly counterBase: number | null;
}

const BUDGET = sql`encode(signer_hash, 'hex') as hash, token, usage_from as "usageFrom", usage_to as "usageTo", documents_max as "documentsMax",
  days_max as "daysMax", documents, state, activated_at as "activatedAt", active_until as "activeUntil"`;

/** All that sign or may sign, the oldest first, locked until the transaction ends: whoever counts, counts alone. */
export async function lockBudgets(trx: Trx): Promise<readonly BudgetRow[]> {
  const { rows } = await sql<BudgetRow>`
    select ${BUDGET} from document_signers where state in ('active','spare') order by admitted_at, signer_hash for update`.execute(trx);
  return rows;
}

/** Every Document Signer there ever was, the oldest first. */
export async function allDocumentSigners(db: Db | Trx): Promise<readonly DocumentSignerRow[]> {
  const { rows } = await sql<DocumentSignerRow>`
    select ${BUDGET}, key_id as "keyId", certificate, reason, counter_base as "counterBase"
    from document_signers order by admitted_at, signer_hash`.execute(db);
  return rows;
}

/** @throws SignerError DOCUMENT_SIGNER_UNKNOWN */
export async function documentSignerOf(db: Db | Trx, hash: string): Promise<DocumentSignerRow> {
  const { rows } = await sql<DocumentSignerRow>`
    select ${BUDGET}, key_id as "keyId", certificate, reason, counter_base as "counterBase"
    from document_signers where signer_hash = decode(${hash}, 'hex')`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new SignerError('DOCUMENT_SIGNER_UNKNOWN', { where: hash });
  return row;
}

/** Writes what an allocation changed, and each change of state into the audit chain. */
export async function storeBudgets(trx: Trx, changed: readonly BudgetRow[], before: readonly BudgetRow[]): Promise<void> {
  if (changed.length === 0) return;
  await sql`
    update document_signers d set documents = w.documents, state = w.state, activated_at = w.activated_at, active_until = w.active_until,
           ended_at = case when w.state in ('spent','retired') then clock_timestamp() else d.ended_at end
    from unnest(${changed.map(({ hash }) => hash)}::text[], ${changed.map(({ documents }) => documents)}::integer[],
                ${changed.map(({ state }) => state)}::text[], ${changed.map(({ activatedAt }) => activatedAt)}::timestamptz[],
                ${changed.map(({ activeUntil }) => activeUntil)}::timestamptz[])
         as w(hash, documents, state, activated_at, active_until)
    where d.signer_hash = decode(w.hash, 'hex')`.execute(trx);
  const states = new Map(before.map(({ hash, state }) => [hash, state]));
  for (const { hash, state, documents } of changed) if (states.get(hash) !== state) await auditSigner(trx, hash, state, { documents });
}

/** It signs never again: its signature was wrong once. Already past signing: only the reason is noted. */
export async function quarantine(trx: Trx, hash: string, reason: string): Promise<void> {
  const { rows } = await sql<{ hash: string }>`
    update document_signers set state = 'quarantined', reason = ${reason}, ended_at = coalesce(ended_at, clock_timestamp())
    where signer_hash = decode(${hash}, 'hex') and state not in ('quarantined','destroyed') returning encode(signer_hash, 'hex') as hash`.execute(
    trx,
  );
  if (rows.length > 0) await auditSigner(trx, hash, 'quarantined', { reason });
}

export interface NewDocumentSigner {
  readonly token: string;
  readonly keyId: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
  /** The token's usage counter now. */
  readonly counter: number | undefined;
}

/** A spare from now on; one that is known already stays as it is. Documents of before the books were kept are counted. */
export async function insertDocumentSigner(trx: Trx, signer: NewDocumentSigner, budget: BudgetPolicy): Promise<string> {
  const { certificate } = documentSigner(signer.certificate);
  const usage = {
    from: certificate.privateKeyUsagePeriod?.notBefore ?? certificate.validity.notBefore,
    to: certificate.privateKeyUsagePeriod?.notAfter ?? certificate.validity.notAfter,
  };
  const hash = hex(sha256(signer.certificate));
  const { rows } = await sql<{ hash: string }>`
    insert into document_signers (signer_hash, token, key_id, certificate, usage_from, usage_to, documents_max, days_max, documents, counter_base)
    select decode(${hash}, 'hex'), ${signer.token}, ${Buffer.from(signer.keyId)}, ${Buffer.from(signer.certificate)}, ${usage.from}, ${usage.to},
           ${budget.documentsMax}, ${budget.daysMax}, coalesce(max(document_number), 0), ${signer.counter ?? null}::bigint
    from signature_intents where signer_hash = decode(${hash}, 'hex')
    on conflict (signer_hash) do nothing returning encode(signer_hash, 'hex') as hash`.execute(trx);
  if (rows.length > 0) await auditSigner(trx, hash, 'admitted', { token: signer.token });
  return hash;
}

/** Document Signers that a ceremony certified: its people approved them there. To be called at every start. */
export async function admitFromCeremony(
  db: Db,
  signers: readonly NewDocumentSigner[],
  budget: BudgetPolicy = DEFAULT_BUDGET,
): Promise<void> {
  await withTransaction(db, async (trx) => {
    for (const signer of signers) await insertDocumentSigner(trx, signer, budget);
  });
}

/** What a Document Signer's life shows in the audit chain. */
export async function auditSigner(
  trx: Trx,
  signer: string,
  event: DocumentSignerState | 'admitted',
  evidence: Readonly<Record<string, string | number>>,
): Promise<void> {
  await appendAudit(trx, systemIds, { who: 'signer', what: `document-signer.${event}`, subject: signer, evidence });
}

/** Certificates, read and linted once for the many documents under each. */
export class DocumentSignerCache {
  readonly #db: Db;
  readonly #known = new Map<string, Promise<KnownSigner>>();

  constructor(db: Db) {
    this.#db = db;
  }

  /**
   * One that signs, or could, at that time: what is fit for it is fit for all of them, they are of one profile. One whose usage period ended while
   * nobody signed is still called active.
   * @throws SignerError DOCUMENT_SIGNER_EXHAUSTED when there is none
   */
  async any(at: Date): Promise<DocumentSigner> {
    const { rows } = await sql<{ hash: string }>`
      select encode(signer_hash, 'hex') as hash from document_signers
      where state in ('active','spare') and usage_from <= ${at} and usage_to > ${at} order by state, usage_to desc limit 1`.execute(
      this.#db,
    );
    const [row] = rows;
    if (row === undefined) throw new SignerError('DOCUMENT_SIGNER_EXHAUSTED');
    return (await this.get(row.hash)).signer;
  }

  get(hash: string): Promise<KnownSigner> {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const read = documentSignerOf(this.#db, hash).then((row) => ({
      token: row.token,
      keyId: row.keyId,
      signer: documentSigner(row.certificate),
    }));
    this.#known.set(hash, read);
    // What could not be read is asked for again.
    read.catch(() => this.#known.delete(hash));
    return read;
  }
}

export interface KnownSigner {
  readonly token: string;
  readonly keyId: Uint8Array;
  readonly signer: DocumentSigner;
}
