import { sql } from 'kysely';
import type { Db } from '#production/store';

/** A card that hangs on a key. `doubt` and null: it may have been signed, and no signature is known. */
export interface SignedCard {
  readonly cardId: string;
  /** Its running number in the key. */
  readonly number: number;
  readonly result: 'signed' | 'doubt' | null;
}

const PAGE_MAX = 10_000;

/** One page of the cards under a Document Signer, by their numbers in it; read from the index (invariant P10). */
export async function pageOfCards(
  db: Db,
  signerHash: Uint8Array,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly SignedCard[]> {
  const { rows } = await sql<SignedCard>`
    select i.subject as "cardId", i.document_number as number, o.result
    from (select subject, document_number, intent_id from signature_intents
          where signer_hash = ${Buffer.from(signerHash)} and document_number > ${page.after}
          order by document_number limit ${Math.min(page.limit, PAGE_MAX)}) i
    left join lateral (select result from signature_outcomes where intent_id = i.intent_id order by attempt desc limit 1) o on true
    order by i.document_number`.execute(db);
  return rows;
}

/** All of them, page by page: what must be looked at when the key is revoked. */
export async function* cardsOfSigner(db: Db, signerHash: Uint8Array): AsyncGenerator<readonly SignedCard[]> {
  for (let after = 0; ;) {
    const page = await pageOfCards(db, signerHash, { after, limit: PAGE_MAX });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_MAX) return;
    after = last.number;
  }
}

/** How many cards were signed under each of these keys. */
export async function countCards(db: Db, signers: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ signer: string; cards: number }>`
    select s.signer, c.cards from unnest(${signers}::text[]) as s(signer)
    cross join lateral (
      select count(*) as cards from signature_intents i join signature_outcomes o using (intent_id)
      where i.signer_hash = decode(s.signer, 'hex') and i.document_number is not null and o.result = 'signed') c`.execute(db);
  return new Map(rows.map(({ signer, cards }) => [signer, cards]));
}
