import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { appendAudit } from '#production/audit';
import { canonicalJson, constraintOf, withTransaction, type StoreDeps } from '#production/store';
import { StockError } from './stock-error.ts';

/** The supplier's delivery note. The chip id is what the chip will say of itself: 16 upper-case hex digits. */
export const DeliveryNote = Type.Object(
  {
    deliveryNote: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{2,63}$' }),
    supplier: Type.String({ minLength: 1, maxLength: 100 }),
    chipFamily: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,39}$' }),
    blanks: Type.Array(
      Type.Object(
        { serial: Type.String({ pattern: '^[A-Z0-9][A-Z0-9-]{3,31}$' }), chipId: Type.String({ pattern: '^[0-9A-F]{16}$' }) },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 500_000 },
    ),
  },
  { additionalProperties: false },
);
export type DeliveryNote = Static<typeof DeliveryNote>;

const check = Compile(DeliveryNote);

export interface Delivered {
  readonly deliveryNote: string;
  readonly blanks: number;
  /** Whether this very note had been received before: nothing was done again. */
  readonly replayed: boolean;
}

/**
 * Receives blanks into the vault, all of them or none. The same note again gets the same answer.
 * Errors: DELIVERY_NOTE_INVALID, DELIVERY_NOTE_CONFLICT (same note, other content), SERIAL_DUPLICATE, CHIP_ID_DUPLICATE,
 * SERIAL_ALREADY_RECEIVED, CHIP_ID_ALREADY_RECEIVED.
 */
export async function receiveDelivery(deps: StoreDeps, request: { readonly note: unknown; readonly who: string }): Promise<Delivered> {
  const { note, who } = request;
  if (!check.Check(note)) {
    const first = check.Errors(note)[0];
    throw new StockError('DELIVERY_NOTE_INVALID', { where: first?.instancePath ?? '/', detail: first?.keyword ?? '' });
  }
  refuseRepeated(
    note.blanks.map((blank) => blank.serial),
    'SERIAL_DUPLICATE',
  );
  refuseRepeated(
    note.blanks.map((blank) => blank.chipId),
    'CHIP_ID_DUPLICATE',
  );
  const contentHash = createHash('sha256').update(canonicalJson(note)).digest();
  const answer = { deliveryNote: note.deliveryNote, blanks: note.blanks.length };
  try {
    return await withTransaction(deps.db, async (trx) => {
      const fresh = await trx
        .insertInto('deliveries')
        .values({
          delivery_note: note.deliveryNote,
          supplier: note.supplier,
          chip_family: note.chipFamily,
          content_hash: contentHash,
          blanks_count: note.blanks.length,
          received_by: who,
          received_at: deps.ids.now(),
        })
        .onConflict((conflict) => conflict.column('delivery_note').doNothing())
        .returning('delivery_note')
        .executeTakeFirst();
      if (fresh === undefined) {
        const before = await trx
          .selectFrom('deliveries')
          .select('content_hash')
          .where('delivery_note', '=', note.deliveryNote)
          .executeTakeFirstOrThrow();
        if (!contentHash.equals(before.content_hash)) throw new StockError('DELIVERY_NOTE_CONFLICT', { where: note.deliveryNote });
        return { ...answer, replayed: true };
      }
      const serials = note.blanks.map((blank) => blank.serial);
      const chipIds = note.blanks.map((blank) => blank.chipId);
      await sql`insert into blanks (serial, chip_id, delivery_note)
        select s, c, ${note.deliveryNote} from unnest(${serials}::text[], ${chipIds}::text[]) as b(s, c)`.execute(trx);
      await sql`insert into stock_moves (move_key, serial, from_account, to_account, reason, who, at)
        select s || '-vault', s, 'received', 'vault', ${note.deliveryNote}, ${who}, ${deps.ids.now()} from unnest(${serials}::text[]) as b(s)`.execute(
        trx,
      );
      await appendAudit(trx, deps.ids, {
        who,
        what: 'stock.received',
        subject: note.deliveryNote,
        evidence: { blanks: note.blanks.length, contentSha256: contentHash.toString('hex'), chipFamily: note.chipFamily },
      });
      return { ...answer, replayed: false };
    });
  } catch (error) {
    const constraint = constraintOf(error);
    if (constraint === 'blanks_pkey') throw new StockError('SERIAL_ALREADY_RECEIVED', { where: note.deliveryNote, cause: error });
    if (constraint === 'blanks_chip_id_key') throw new StockError('CHIP_ID_ALREADY_RECEIVED', { where: note.deliveryNote, cause: error });
    throw error;
  }
}

function refuseRepeated(values: readonly string[], code: 'SERIAL_DUPLICATE' | 'CHIP_ID_DUPLICATE'): void {
  const seen = new Set<string>();
  for (const [i, value] of values.entries()) {
    if (seen.has(value)) throw new StockError(code, { where: `/blanks/${i}` });
    seen.add(value);
  }
}
