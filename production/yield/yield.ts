import type { StoreDeps } from '#production/store';

export interface Yield {
  readonly good: number;
  readonly spoiled: number;
  /** good / (good + spoiled); null while nothing was made. */
  readonly ratio: number | null;
  readonly byReason: Readonly<Record<string, number>>;
}

/** From the stock ledger and nothing else (invariant B8): a blank that was good and then spoiled is spoiled. */
export async function yieldOf(deps: Pick<StoreDeps, 'db'>): Promise<Yield> {
  const { db } = deps;
  const accounts = await db
    .selectFrom('stock_postings')
    .select((eb) => ['account', eb.fn.sum<string>('amount').as('n')])
    .where('account', 'in', ['good', 'spoiled', 'destroyed'])
    .groupBy('account')
    .execute();
  const of = (account: string): number => Number(accounts.find((row) => row.account === account)?.n ?? 0);
  const reasons = await db
    .selectFrom('stock_moves')
    .select((eb) => ['reason', eb.fn.countAll<number>().as('n')])
    .where('to_account', '=', 'spoiled')
    .groupBy('reason')
    .execute();
  const good = of('good');
  // What was destroyed was spoiled before.
  const spoiled = of('spoiled') + of('destroyed');
  return {
    good,
    spoiled,
    ratio: good + spoiled === 0 ? null : good / (good + spoiled),
    byReason: Object.fromEntries(reasons.map((row) => [row.reason ?? 'UNNAMED', row.n])),
  };
}
