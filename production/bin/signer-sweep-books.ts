import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { toHex } from '#encoder/bytes';
import { documentSigner } from '#pki/sod';
import type { Db } from '#production/store';

/** One signature that the token made; hex. */
export interface SignatureSeen {
  readonly keyId: string;
  readonly digest: string;
}

export interface BooksFaults {
  /** Signatures that no attempt of any intent accounts for. */
  readonly orphans: number;
  readonly violations: readonly string[];
  readonly doubts: number;
}

interface IntentRow {
  readonly subject: string;
  readonly signer: string;
  readonly attempts: number;
  readonly signed: number;
  readonly failed: number;
  readonly doubt: number;
}

/**
 * Compares every signature that the token made with intents and outcomes: each has one intent, made for that card under that key, with an attempt
 * for it; each attempt has one outcome; each card was signed once in the books, by a signature that was made; no budget is below its use.
 */
export async function booksFaults(
  db: Db,
  seen: readonly SignatureSeen[],
  known: { readonly certificates: readonly Uint8Array[]; readonly digests: ReadonlyMap<string, string> },
): Promise<BooksFaults> {
  const { rows } = await sql<IntentRow>`
    select i.subject, encode(i.signer_hash, 'hex') as signer, i.attempts, count(*) filter (where o.result = 'signed') as signed,
           count(*) filter (where o.result = 'failed') as failed, count(*) filter (where o.result = 'doubt') as doubt
    from signature_intents i left join signature_outcomes o using (intent_id) where i.kind = 'security_object' group by i.intent_id`.execute(
    db,
  );
  const violations: string[] = [];
  const signatures = countSignatures(seen, known);
  let orphans = signatures.get(NOBODY) ?? 0;
  const intents = new Map(rows.map((row) => [`${row.subject}/${row.signer}`, row]));
  for (const [name, count] of signatures) if (name !== NOBODY) orphans += Math.max(0, count - (intents.get(name)?.attempts ?? 0));
  for (const [name, { attempts, signed, failed, doubt }] of intents) {
    if (signed + failed + doubt !== attempts) violations.push(`${name}: ${attempts} attempts, ${signed + failed + doubt} outcomes`);
    if (signed > (signatures.get(name) ?? 0)) violations.push(`${name}: an outcome says signed, and the token made no signature`);
  }
  for (const cardId of known.digests.keys()) {
    const signed = rows.filter(({ subject }) => subject === cardId).reduce((sum, row) => sum + row.signed, 0);
    if (signed !== 1) violations.push(`${cardId}: signed ${signed} times in the books`);
  }
  const { rows: budgets } = await sql<{ signer: string; documents: number; used: number }>`
    select encode(d.signer_hash, 'hex') as signer, d.documents, (select count(*) from signature_intents i where i.signer_hash = d.signer_hash) as used
    from document_signers d`.execute(db);
  for (const { signer, documents, used } of budgets)
    if (documents < used) violations.push(`${signer}: ${used} documents, ${documents} in its budget`);
  return { orphans, violations, doubts: rows.reduce((sum, row) => sum + row.doubt, 0) };
}

/** A signature over what no card of ours says. */
const NOBODY = 'nobody';

/** How many signatures were made by `card/signer`. */
function countSignatures(
  seen: readonly SignatureSeen[],
  { certificates, digests }: { readonly certificates: readonly Uint8Array[]; readonly digests: ReadonlyMap<string, string> },
): ReadonlyMap<string, number> {
  const signers = new Map(
    certificates.map((certificate) => [toHex(documentSigner(certificate).keyId), createHash('sha256').update(certificate).digest('hex')]),
  );
  const cards = new Map([...digests].map(([cardId, digest]) => [digest, cardId]));
  const counts = new Map<string, number>();
  for (const { keyId, digest } of seen) {
    const card = cards.get(digest);
    const signer = signers.get(keyId);
    const name = card === undefined || signer === undefined ? NOBODY : `${card}/${signer}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
