import type { Db } from '#production/store';

/** One link of the chain with its entry: `seq` grows by one in the order of the commits, without a gap. */
export interface AuditRow {
  readonly seq: number;
  readonly at: Date;
  readonly who: string;
  readonly what: string;
  readonly subject: string;
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>;
}

/** What was linked after `seq`, oldest first, at most `limit`. */
export async function auditSince(db: Db, seq: number, limit: number): Promise<readonly AuditRow[]> {
  const rows = await db
    .selectFrom('audit_links as l')
    .innerJoin('audit_entries as e', 'e.entry_id', 'l.entry_id')
    .select(['l.seq', 'e.at', 'e.who', 'e.what', 'e.subject', 'e.evidence'])
    .where('l.seq', '>', seq)
    .orderBy('l.seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, evidence: JSON.parse(row.evidence) as AuditRow['evidence'] }));
}

/** The newest `seq`; 0 for an empty chain. */
export async function auditLength(db: Db): Promise<number> {
  const head = await db.selectFrom('audit_head').select('length').executeTakeFirst();
  return head?.length ?? 0;
}
