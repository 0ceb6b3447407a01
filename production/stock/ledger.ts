import { sqlState, type Account, type Db, type IdSource, type Trx } from '#production/store';
import { StockError } from './stock-error.ts';

export interface StockMove {
  readonly serial: string;
  readonly from: Account;
  readonly to: Account;
  readonly cardId: string | null;
  /** A code. */
  readonly reason: string | null;
  readonly who: string;
}

/**
 * Moves one blank from one account to another: one row with both sides, refused unless the blank is where it should move
 * from. Nothing comes back to an account it has left, so `serial` and `to` name a move for ever: asked twice, it is one.
 * Error BLANK_NOT_THERE.
 */
export async function moveBlank(trx: Trx, ids: Pick<IdSource, 'now'>, move: StockMove): Promise<void> {
  const key = `${move.serial}-${move.to}`;
  const before = await trx.selectFrom('stock_moves').select('move_id').where('move_key', '=', key).executeTakeFirst();
  if (before !== undefined) return;
  try {
    await trx
      .insertInto('stock_moves')
      .values({
        move_key: key,
        serial: move.serial,
        from_account: move.from,
        to_account: move.to,
        card_id: move.cardId,
        reason: move.reason,
        who: move.who,
        at: ids.now(),
      })
      .execute();
  } catch (error) {
    if (sqlState(error) !== 'CM002') throw error;
    throw new StockError('BLANK_NOT_THERE', { where: move.serial, detail: `not in ${move.from}`, cause: error });
  }
}

export interface Balance {
  readonly received: number;
  readonly vault: number;
  readonly line: number;
  readonly good: number;
  readonly spoiled: number;
  readonly destroyed: number;
  /** Invariants B1 and B5: received = vault + line + good + spoiled + destroyed, by count and serial by serial. */
  readonly balanced: boolean;
  /** Serials whose place and whose moves disagree; empty when balanced. At most 20. */
  readonly differences: readonly string[];
}

/** Derived from the moves alone, in one snapshot, and compared serial by serial with where each blank is. */
export async function balance(db: Db): Promise<Balance> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const rows = await trx
        .selectFrom('stock_postings')
        .select((eb) => ['account', eb.fn.sum<string>('amount').as('amount')])
        .groupBy('account')
        .execute();
      const of = (account: Account): number => Number(rows.find((row) => row.account === account)?.amount ?? 0);
      // The place by the moves is the account whose postings of this serial sum to one.
      const byMoves = trx
        .selectFrom('stock_postings')
        .select(['serial', 'account'])
        .where('account', '!=', 'received')
        .groupBy(['serial', 'account'])
        .having((eb) => eb(eb.fn.sum('amount'), '=', 1))
        .as('m');
      const differing = await trx
        .selectFrom('blanks as b')
        .fullJoin(byMoves, (join) => join.onRef('m.serial', '=', 'b.serial').onRef('m.account', '=', 'b.place'))
        .select((eb) => eb.fn.coalesce('b.serial', 'm.serial').as('serial'))
        .where((eb) => eb.or([eb('b.serial', 'is', null), eb('m.serial', 'is', null)]))
        .limit(20)
        .execute();
      const counts = {
        // The source side is owed: its sum is minus what was received.
        received: 0 - of('received'),
        vault: of('vault'),
        line: of('line'),
        good: of('good'),
        spoiled: of('spoiled'),
        destroyed: of('destroyed'),
      };
      const held = counts.vault + counts.line + counts.good + counts.spoiled + counts.destroyed;
      const noted = await trx
        .selectFrom('deliveries')
        .select((eb) => eb.fn.sum<string | null>('blanks_count').as('n'))
        .executeTakeFirst();
      const differences = differing.map((row) => String(row.serial));
      return {
        ...counts,
        balanced: counts.received === held && Number(noted?.n ?? 0) === counts.received && differences.length === 0,
        differences,
      };
    });
}
