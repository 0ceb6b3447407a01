import { createHash } from 'node:crypto';
import { canonicalJson, type Db, type EvidenceJson, type StoreDeps, type Trx } from '#production/store';

/** Who did what to what, and the facts that prove it. Never a personal value. */
export interface AuditEvent {
  /** A person id, or the name of a process. */
  readonly who: string;
  /** `room.verb`: `batch.released`, `card.spoiled`. */
  readonly what: string;
  /** The id of what it was done to. */
  readonly subject: string;
  readonly evidence?: EvidenceJson;
}

/**
 * Writes an entry in the transaction that makes the change: there is no change without its entry and no entry without its
 * change (invariant A1). Its place in the chain is given when the transaction commits.
 */
export async function appendAudit(trx: Trx, ids: Pick<StoreDeps['ids'], 'now'>, event: AuditEvent): Promise<void> {
  const row = { at: ids.now(), who: event.who, what: event.what, subject: event.subject, evidence: canonicalJson(event.evidence ?? {}) };
  await trx
    .insertInto('audit_entries')
    .values({ ...row, entry_hash: entryHash(row) })
    .execute();
}

interface EntryRow {
  readonly at: Date;
  readonly who: string;
  readonly what: string;
  readonly subject: string;
  readonly evidence: string;
}

function entryHash(row: EntryRow): Buffer {
  const text = canonicalJson({ at: row.at.toISOString(), who: row.who, what: row.what, subject: row.subject, evidence: row.evidence });
  return createHash('sha256').update(text).digest();
}

export type AuditVerdict =
  | { readonly intact: true; readonly length: number; readonly head: string }
  | {
      readonly intact: false;
      readonly length: number;
      readonly at: number;
      readonly reason: 'ENTRY_CHANGED' | 'GAP' | 'LINK_CHANGED' | 'HEAD_CHANGED' | 'ENTRY_UNLINKED';
    };

/**
 * Walks the whole chain: every entry's hash, every link, no gap, no entry outside the chain, the head. Reads in pages, in
 * one snapshot. What it cannot see is a chain that was rewritten from some entry to its end: for that the head has to be
 * kept elsewhere and compared.
 */
export async function verifyAudit(db: Db): Promise<AuditVerdict> {
  return await db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(walkChain);
}

/** The walk itself, in the snapshot of the caller's transaction. */
export async function walkChain(trx: Trx): Promise<AuditVerdict> {
  let previous: Uint8Array = Buffer.alloc(32);
  let seq = 0;
  const broken = (reason: Exclude<AuditVerdict, { intact: true }>['reason']) =>
    ({ intact: false, length: seq, at: seq + 1, reason }) as const;
  for (;;) {
    const page = await trx
      .selectFrom('audit_links as l')
      .innerJoin('audit_entries as e', 'e.entry_id', 'l.entry_id')
      .select(['l.seq', 'l.hash', 'e.at', 'e.who', 'e.what', 'e.subject', 'e.evidence', 'e.entry_hash'])
      .where('l.seq', '>', seq)
      .orderBy('l.seq')
      .limit(5000)
      .execute();
    for (const row of page) {
      if (row.seq !== seq + 1) return broken('GAP');
      const entry = entryHash(row);
      if (!entry.equals(row.entry_hash)) return broken('ENTRY_CHANGED');
      const hash = createHash('sha256').update(previous).update(entry).digest();
      if (!hash.equals(row.hash)) return broken('LINK_CHANGED');
      previous = hash;
      seq = row.seq;
    }
    if (page.length === 0) break;
  }
  const head = await trx.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow();
  if (head.length !== seq || !Buffer.from(previous).equals(head.hash)) return broken('HEAD_CHANGED');
  const { entries } = await trx
    .selectFrom('audit_entries')
    .select((eb) => eb.fn.countAll<number>().as('entries'))
    .executeTakeFirstOrThrow();
  if (entries !== seq) return broken('ENTRY_UNLINKED');
  return { intact: true, length: seq, head: Buffer.from(previous).toString('hex') };
}
