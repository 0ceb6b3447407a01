/**
 * Which Document Signer takes the next document, and what that does to its budget. Pure: rows in, rows out; the caller holds their
 * locks and writes them down in the transaction of the intents (invariant P2).
 */
import type { TrustedTime } from './clock-guard.ts';

export type DocumentSignerState = 'spare' | 'active' | 'spent' | 'retired' | 'quarantined' | 'destroyed';

/** A Document Signer's budget as it is stored. `hash` is that of its certificate, in hex. */
export interface BudgetRow {
  readonly hash: string;
  readonly token: string;
  readonly usageFrom: Date;
  readonly usageTo: Date;
  readonly documentsMax: number;
  readonly daysMax: number;
  readonly documents: number;
  readonly state: DocumentSignerState;
  readonly activatedAt: Date | null;
  readonly activeUntil: Date | null;
}

export interface Asked {
  /** Document Signers that were tried for this document already. */
  readonly avoid: ReadonlySet<string>;
}

export interface Allocation {
  /** Rows that are not as they were. */
  readonly changed: readonly BudgetRow[];
  /** For each document asked for: its signer, and its running number in the key; undefined when there is none to take it. */
  readonly given: readonly ({ readonly signer: string; readonly number: number } | undefined)[];
}

const DAY_MS = 86_400_000;
/** Past this part of either budget the successor takes over; what is left is the reserve for the day on which no successor is there. */
export const SUCCESSOR_AT = 0.8;
/** Nothing is signed in the last hour of a usage period: no clock is that good (invariant P1). */
export const MARGIN_MS = 3_600_000;

/**
 * One signer for each document asked for, of those on `tokens`: the successor is activated when no key of a token is below 80 % of its documents
 * and days, the least used key is taken, a key at its cap is spent and signs never again.
 * @param rows all that are `active` or `spare`, the oldest first
 */
export function allocate(
  rows: readonly BudgetRow[],
  asked: readonly Asked[],
  at: { readonly time: TrustedTime; readonly tokens: readonly string[] },
): Allocation {
  const signers = new Map(rows.map((row) => [row.hash, isOver(row, at.time) ? { ...row, state: 'retired' as const } : row]));
  const given = asked.map(({ avoid }) => {
    for (const token of at.tokens) succeed(signers, token, at.time);
    const [chosen] = [...signers.values()]
      .filter((row) => row.state === 'active' && at.tokens.includes(row.token) && hasBegun(row, at.time) && !avoid.has(row.hash))
      .toSorted((a, b) => Number(isPast80(a, at.time)) - Number(isPast80(b, at.time)) || a.documents - b.documents);
    if (chosen === undefined) return undefined;
    const documents = chosen.documents + 1;
    signers.set(chosen.hash, { ...chosen, documents, state: documents < chosen.documentsMax ? 'active' : 'spent' });
    return { signer: chosen.hash, number: documents };
  });
  for (const token of at.tokens) succeed(signers, token, at.time);
  return { changed: rows.flatMap((row) => changedRow(row, signers.get(row.hash))), given };
}

function changedRow(before: BudgetRow, after: BudgetRow | undefined): readonly BudgetRow[] {
  return after === undefined || after === before ? [] : [after];
}

/** At least one key of each token signs, and one that is not at its end, as long as there is a spare. */
function succeed(signers: Map<string, BudgetRow>, token: string, time: TrustedTime): void {
  const own = [...signers.values()].filter((row) => row.token === token && hasBegun(row, time));
  if (own.some((row) => row.state === 'active' && !isPast80(row, time))) return;
  const spare = own.find(({ state }) => state === 'spare');
  if (spare === undefined) return;
  const until = new Date(Math.min(spare.usageTo.getTime(), time.latest.getTime() + spare.daysMax * DAY_MS));
  signers.set(spare.hash, { ...spare, state: 'active', activatedAt: time.latest, activeUntil: until });
}

/** Whether its usage period, or its budget in days, ends within the hour, by the later of the clocks. */
export function isOver(row: Pick<BudgetRow, 'usageTo' | 'activeUntil'>, { latest }: TrustedTime): boolean {
  return latest.getTime() + MARGIN_MS >= (row.activeUntil ?? row.usageTo).getTime();
}

/** By the earlier of the clocks. No margin: they agree within a second, and a ceremony's keys are needed when it ends. */
function hasBegun({ usageFrom }: BudgetRow, { earliest }: TrustedTime): boolean {
  return earliest >= usageFrom;
}

export function isPast80(row: BudgetRow, { latest }: TrustedTime): boolean {
  if (row.documents >= SUCCESSOR_AT * row.documentsMax) return true;
  if (row.activatedAt === null || row.activeUntil === null) return false;
  const [from, to] = [row.activatedAt.getTime(), row.activeUntil.getTime()];
  return latest.getTime() >= from + SUCCESSOR_AT * (to - from);
}

export interface SparesPolicy {
  /** How long it takes from a request to an admitted certificate. */
  readonly leadDays: number;
}

/**
 * Whether spares must be asked for now: those there are would not last for the lead time at the rate at which documents are signed and keys
 * grow old. The rate is that of the keys in use since each was activated.
 */
export function sparesNeeded(rows: readonly BudgetRow[], policy: SparesPolicy, time: TrustedTime): boolean {
  const spares = rows.filter((row) => row.state === 'spare' && !isOver(row, time));
  const tokens = new Set(rows.filter(({ state }) => state === 'active').map(({ token }) => token));
  const perDay = rows.reduce((sum, row) => sum + documentsPerDay(row, time), 0);
  const capacity = spares.reduce((sum, row) => sum + row.documentsMax, 0);
  const days = Math.min(...rows.map(({ daysMax }) => daysMax), Infinity);
  const ageing = tokens.size * Math.ceil(policy.leadDays / days);
  return capacity < policy.leadDays * perDay || spares.length < ageing || rows.length === 0;
}

function documentsPerDay(row: BudgetRow, { latest }: TrustedTime): number {
  if (row.state !== 'active' || row.activatedAt === null) return 0;
  // The first hour says nothing about a day.
  const elapsed = Math.max(latest.getTime() - row.activatedAt.getTime(), MARGIN_MS);
  return (row.documents * DAY_MS) / elapsed;
}
