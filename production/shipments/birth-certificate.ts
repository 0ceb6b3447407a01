import { createHash } from 'node:crypto';
import { canonicalJson, type Trx } from '#production/store';
import { ShipmentError } from './shipment-error.ts';

/**
 * What the plant states of one good card for ever, and nothing of its holder: the card's own ids, what was signed, what was
 * printed, what the inspector found, and when each step was done. Derived from stored rows only, so that the same card
 * always gives the same claims and a second signature is never needed.
 */
export async function birthCertificateClaims(db: Pick<Trx, 'selectFrom'>, cardId: string): Promise<Readonly<Record<string, unknown>>> {
  const card = await db
    .selectFrom('cards as c')
    .innerJoin('orders as o', 'o.order_key', 'c.order_key')
    .selectAll('c')
    .select('o.record_hash')
    .where('c.card_id', '=', cardId)
    .executeTakeFirst();
  if (card?.sod_hash == null) throw new ShipmentError('BATCH_NOT_INSPECTED', { where: cardId });
  const inspection = await db
    .selectFrom('inspections')
    .select(['report', 'at'])
    .where('card_id', '=', cardId)
    .where('passed', '=', true)
    .executeTakeFirst();
  if (inspection === undefined) throw new ShipmentError('BATCH_NOT_INSPECTED', { where: cardId });
  const print = await db
    .selectFrom('print_jobs')
    .select(['job_id', 'front_hash', 'back_hash'])
    .where('card_id', '=', cardId)
    .where('outcome', '=', 'printed')
    .executeTakeFirst();
  const keys = await db
    .selectFrom('chip_keys')
    .select(['purpose', 'spki_hash'])
    .where('card_id', '=', cardId)
    .orderBy('recorded_at')
    .execute();
  const history = await db
    .selectFrom('card_history')
    .select(['to_state', 'at', 'evidence'])
    .where('card_id', '=', cardId)
    .orderBy('history_id')
    .execute();
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return {
    format: 'cardmint-birth-certificate/1',
    card: cardId,
    supersedes: card.supersedes,
    profile: card.profile,
    recordSha256: hex(card.record_hash),
    blank: { serial: card.bound_serial, chipId: card.chip_id },
    chipKeysSha256: Object.fromEntries(keys.map((key) => [key.purpose, hex(key.spki_hash)])),
    sodSha256: hex(card.sod_hash),
    // What the signer wrote down when it signed: the Document Signer's certificate among it.
    signature: history.findLast((row) => row.to_state === 'SOD_SIGNED')?.evidence ?? null,
    print: print === undefined ? null : { job: print.job_id, frontSha256: print.front_hash, backSha256: print.back_hash },
    inspection: { at: inspection.at.toISOString(), ...reportClaims(inspection.report) },
    times: history.map((row) => ({ state: row.to_state, at: row.at.toISOString() })),
  };
}

/** The inspector's report whole where it has a canonical form; its hash always. */
function reportClaims(report: unknown): Readonly<Record<string, unknown>> {
  const sha256 = createHash('sha256').update(JSON.stringify(report)).digest('hex');
  try {
    canonicalJson(report);
    return { reportSha256: sha256, report };
  } catch {
    return { reportSha256: sha256 };
  }
}
