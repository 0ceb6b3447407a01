import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '#production/store';
import { median } from './rounds.ts';

export interface ListingFigures {
  readonly signatures: number;
  readonly keys: number;
  /** Of each EF.SOD among the outcomes. */
  readonly productBytes: number;
  /** Under the key that was listed. */
  readonly cards: number;
  /** The key that was used first, its pages the longest out of use. */
  readonly firstSeconds: number;
  /** Median over this many other keys. */
  readonly seconds: number;
  readonly others: number;
}

/** All cards under one Document Signer (SHA-256 of its certificate), in pages. */
export type ListCards = (db: Db, signerHash: Uint8Array) => AsyncIterable<readonly unknown[]>;

const KEYS = 100;
/** Document Signers in use together: each key's cards lie between those of the others, as they do on disk in a plant. */
const ACTIVE = 4;
/** As long as a real EF.SOD. */
const PRODUCT_BYTES = 1_600;
const ROWS_A_STATEMENT = 250_000;
/** Above every intent that was written in the ordinary way. */
const FIRST_INTENT = 1_000_000_000;
const OTHER_KEYS = [17, 42, 58, 73, 99];

/** Fills the schema with this many signed security objects under one hundred keys, and lists the cards of single keys. */
export async function benchListing(
  db: Db,
  options: { readonly signatures: number; readonly list: ListCards; readonly said: (part: number) => void },
): Promise<ListingFigures> {
  const { list, said } = options;
  const perKey = Math.ceil(options.signatures / KEYS);
  const signatures = perKey * KEYS;
  await fillSigners(db, perKey);
  for (let done = 0; done < signatures; done += ROWS_A_STATEMENT) {
    await fillSignatures(db, { from: done + 1, to: Math.min(done + ROWS_A_STATEMENT, signatures), perKey });
    said(done / signatures);
  }
  // As autovacuum leaves tables that only grow.
  for (const table of ['signature_intents', 'signature_outcomes']) await sql`vacuum analyze ${sql.table(table)}`.execute(db);
  const listed = async (key: number): Promise<number> => {
    const began = performance.now();
    let cards = 0;
    for await (const page of list(db, signerHash(key))) cards += page.length;
    if (cards !== perKey) throw new Error(`key ${key} has ${cards} cards, not ${perKey}`);
    return (performance.now() - began) / 1000;
  };
  const firstSeconds = await listed(0);
  const others: number[] = [];
  for (const key of OTHER_KEYS) others.push(await listed(key));
  return {
    signatures,
    keys: KEYS,
    productBytes: PRODUCT_BYTES,
    cards: perKey,
    firstSeconds,
    seconds: median(others),
    others: others.length,
  };
}

function signerHash(key: number): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(`key ${key}`).digest());
}

async function fillSigners(db: Db, perKey: number): Promise<void> {
  await sql`insert into document_signers (signer_hash, token, key_id, certificate, usage_from, usage_to, documents_max, days_max, documents, state,
      activated_at, active_until, ended_at)
    select sha256(('key ' || k)::bytea), 'bench', sha256(('id ' || k)::bytea), '', now() - interval '1 day', now() + interval '90 days',
      ${sql.lit(perKey)}, 30, ${sql.lit(perKey)}, 'spent', now(), now() + interval '30 days', now()
    from generate_series(0, ${sql.lit(KEYS - 1)}) as k`.execute(db);
}

async function fillSignatures(db: Db, rows: { readonly from: number; readonly to: number; readonly perKey: number }): Promise<void> {
  const numbers = sql`generate_series(${sql.lit(rows.from)}::bigint, ${sql.lit(rows.to)}::bigint) as n`;
  const together = sql.lit(ACTIVE * rows.perKey);
  const active = sql.lit(ACTIVE);
  await sql`insert into signature_intents (intent_id, kind, subject, content_hash, chip_id, signer_hash, fence, document_number)
    overriding system value
    select n + ${sql.lit(FIRST_INTENT)}, 'security_object', 'crd-' || lpad(n::text, 26, '0'), sha256(n::text::bytea), upper(lpad(to_hex(n), 16, '0')),
      sha256(('key ' || ((n - 1) / ${together} * ${active} + (n - 1) % ${active}))::bytea), 1, (n - 1) % ${together} / ${active} + 1
    from ${numbers}`.execute(db);
  await sql`insert into signature_outcomes (intent_id, result, product, attempt)
    select n + ${sql.lit(FIRST_INTENT)}, 'signed', decode(repeat(md5(n::text), ${sql.lit(PRODUCT_BYTES / 16)}), 'hex'), 1 from ${numbers}`.execute(
    db,
  );
}
