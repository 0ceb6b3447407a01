import { sql } from 'kysely';
import { withTransaction, type Db, type Trx } from '#production/store';

export type SignatureKind = 'security_object' | 'manifest' | 'birth_certificate' | 'cv_certificate';

/** What is about to be signed, by whom, for whom. Hashes only. */
export interface SignatureIntent {
  readonly kind: SignatureKind;
  /** The card record, the consignment, or the holder of a CV certificate. */
  readonly subject: string;
  readonly contentHash: Uint8Array;
  /** SHA-256 of the certificate whose key signs. */
  readonly signerHash: Uint8Array;
  readonly chipId?: string;
  readonly fence?: number;
}

/** The signed product of the same content for the same subject, if there is one: it is handed out again, never made again. */
export async function signedBefore(
  db: Db | Trx,
  intent: Pick<SignatureIntent, 'kind' | 'subject' | 'contentHash'>,
): Promise<Uint8Array | null> {
  const { rows } = await sql<{ product: Uint8Array }>`
    select o.product from signature_intents i join signature_outcomes o using (intent_id)
    where i.kind = ${intent.kind} and i.subject = ${intent.subject} and i.content_hash = ${Buffer.from(intent.contentHash)} and o.result = 'signed'`.execute(
    db,
  );
  const found = rows[0];
  return found === undefined ? null : Uint8Array.from(found.product);
}

/**
 * Writes the intent, with whatever else must be true before the token is asked (`together`), in one transaction. The same
 * content of the same subject is the same intent: a signer that died between intent and outcome signs identical content
 * again, and nothing else.
 */
export async function intend(
  db: Db,
  intent: SignatureIntent,
  together: (trx: Trx) => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  return withTransaction(db, async (trx) => {
    await together(trx);
    const { rows } = await sql<{ intent_id: number }>`
      insert into signature_intents (kind, subject, content_hash, chip_id, signer_hash, fence)
      values (${intent.kind}, ${intent.subject}, ${Buffer.from(intent.contentHash)}, ${intent.chipId ?? null}, ${Buffer.from(intent.signerHash)}, ${intent.fence ?? null})
      on conflict (kind, subject, content_hash) do nothing returning intent_id`.execute(trx);
    const fresh = rows[0];
    if (fresh !== undefined) return fresh.intent_id;
    const before = await sql<{ intent_id: number }>`
      select intent_id from signature_intents
      where kind = ${intent.kind} and subject = ${intent.subject} and content_hash = ${Buffer.from(intent.contentHash)}`.execute(trx);
    const known = before.rows[0];
    if (known === undefined) throw new Error('an intent is neither new nor known');
    return known.intent_id;
  });
}

/** The outcome, with what follows from it (`together`). A second signature over one intent keeps the first product. */
export async function settle(
  db: Db,
  intentId: number,
  outcome: { readonly product: Uint8Array } | { readonly code: string },
  together: (trx: Trx) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await withTransaction(db, async (trx) => {
    const signed = 'product' in outcome;
    await sql`
      insert into signature_outcomes (intent_id, result, product, code)
      values (${intentId}, ${signed ? 'signed' : 'failed'}, ${signed ? Buffer.from(outcome.product) : null}, ${signed ? null : outcome.code})
      on conflict (intent_id) where result = 'signed' do nothing`.execute(trx);
    await together(trx);
  });
}
