import type { Db } from '#production/store';
import type { CardId } from '#queues/ports';
import { CardError } from './card-error.ts';

/** The public keys (SPKI) that this card's chip reported when it made them. Error CARD_EVIDENCE_MISSING before that. */
export async function chipKeysOf(
  db: Db,
  cardId: CardId,
): Promise<{ readonly activeAuthentication: Uint8Array; readonly chipAuthentication: Uint8Array }> {
  const rows = await db.selectFrom('chip_keys').select(['purpose', 'spki']).where('card_id', '=', cardId).execute();
  const key = (purpose: string): Uint8Array => {
    const row = rows.find((candidate) => candidate.purpose === purpose);
    if (row === undefined) throw new CardError('CARD_EVIDENCE_MISSING', { where: cardId, detail: purpose });
    return Uint8Array.from(row.spki);
  };
  return { activeAuthentication: key('activeAuthentication'), chipAuthentication: key('chipAuthentication') };
}
