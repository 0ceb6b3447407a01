import { sql } from 'kysely';
import type { Logger } from '#production/logging';
import type { Db } from '#production/store';
import { allDocumentSigners, type DocumentSignerRow } from './document-signers.ts';
import { isTokenFault } from './live-tokens.ts';
import { codeOf, type SignerDeps, type Signing } from './signing.ts';

/** From good to bad: the verdict of all keys is the worst of theirs. */
const VERDICTS = ['OK', 'COUNTER_ABSENT', 'TOKEN_UNAVAILABLE', 'COUNTER_BEHIND', 'ROGUE_SIGNATURES'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A token has two seconds, a database a few more: what is open for so long is open for ever. */
const FORGOTTEN_SECONDS = 600;

/** What the books and the token say of one key. */
export interface KeyReconciliation {
  readonly signer: string;
  readonly token: string;
  /** How often the token was asked, at most: each attempt of each intent. */
  readonly attempts: number;
  /** Of those: signed; surely not signed; may have signed, by name; open, nobody knows yet. */
  readonly signed: number;
  readonly failed: number;
  readonly doubt: number;
  readonly unresolved: number;
  /** Signatures by the token's counter since the key was admitted; null where the token has none. */
  readonly counter: number | null;
  readonly verdict: Verdict;
  /** Signatures that nobody asked for. */
  readonly rogue: number;
}

export interface Reconciliation {
  readonly verdict: Verdict;
  readonly keys: readonly KeyReconciliation[];
}

/**
 * Compares every key's intents and outcomes with the token's own counter (invariant P4). A token without one is never called in order:
 * COUNTER_ABSENT. The books are read before and after the counter, so that what is being signed meanwhile is no finding.
 */
export async function reconcile(deps: Pick<SignerDeps, 'db'>, signing: Signing): Promise<Reconciliation> {
  await signing.intents.settleForgotten(FORGOTTEN_SECONDS);
  const keys: KeyReconciliation[] = [];
  for (const row of await allDocumentSigners(deps.db)) if (row.state !== 'destroyed') keys.push(await reconcileKey(signing, row));
  const verdict = VERDICTS[Math.max(0, ...keys.map((key) => VERDICTS.indexOf(key.verdict)))] ?? 'OK';
  await sql`insert into reconciliations (verdict, report) values (${verdict}, ${JSON.stringify(keys)})`.execute(deps.db);
  return { verdict, keys };
}

async function reconcileKey({ db, tokens }: Signing, row: DocumentSignerRow): Promise<KeyReconciliation> {
  const before = await booksOf(db, row);
  const answer = await counterOf(tokens.named(row.token), row);
  const after = await booksOf(db, row);
  const { attempts, signed, failed, doubt, unresolved } = after;
  const books = { signer: row.hash, token: row.token, attempts, signed, failed, doubt, unresolved };
  if (typeof answer === 'string') return { ...books, counter: null, verdict: answer, rogue: 0 };
  const counter = answer - (row.counterBase ?? 0);
  const rogue = Math.max(0, counter - (attempts - failed));
  const behind = counter < before.signed + before.rejected;
  return { ...books, counter, rogue, verdict: rogue > 0 ? 'ROGUE_SIGNATURES' : behind ? 'COUNTER_BEHIND' : 'OK' };
}

async function counterOf(token: Signing['tokens']['all'][number] | undefined, row: DocumentSignerRow): Promise<number | Verdict> {
  if (token === undefined) return 'TOKEN_UNAVAILABLE';
  // What it had signed before it was admitted is not known: nothing can be said of what came after.
  if (row.counterBase === null) return 'COUNTER_ABSENT';
  try {
    return (await token.signaturesOf({ certificate: row.certificate, keyId: row.keyId })) ?? 'COUNTER_ABSENT';
  } catch (error) {
    if (isTokenFault(error)) return 'TOKEN_UNAVAILABLE';
    throw error;
  }
}

interface Books {
  readonly attempts: number;
  readonly signed: number;
  readonly failed: number;
  readonly doubt: number;
  /** Of the doubts: a signature was there, and it was wrong. */
  readonly rejected: number;
  readonly unresolved: number;
}

/** A key that was requested here signed before it had a certificate: under the hash of its public half. */
async function booksOf(db: Db, row: DocumentSignerRow): Promise<Books> {
  const { rows } = await sql<Books>`
    select coalesce(sum(i.attempts), 0)::bigint as attempts, coalesce(sum(o.signed), 0)::bigint as signed, coalesce(sum(o.failed), 0)::bigint as failed,
           coalesce(sum(o.doubt), 0)::bigint as doubt, coalesce(sum(o.rejected), 0)::bigint as rejected,
           coalesce(sum(i.attempts - o.outcomes), 0)::bigint as unresolved
    from signature_intents i
    cross join lateral (
      select count(*) as outcomes, count(*) filter (where result = 'signed') as signed, count(*) filter (where result = 'failed') as failed,
             count(*) filter (where result = 'doubt') as doubt, count(*) filter (where result = 'doubt' and code in ('SIGNATURE_REJECTED','HSM_SIGNATURE_FORM')) as rejected
      from signature_outcomes where intent_id = i.intent_id) o
    where i.signer_hash = any (array(
      select decode(${row.hash}, 'hex') union all select spki_hash from document_signer_keys where key_id = ${Buffer.from(row.keyId)} and token = ${row.token}))`.execute(
    db,
  );
  const [books] = rows;
  if (books === undefined) throw new Error('an aggregate has one row');
  return books;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Reconciles once a day, by the books and not by the process: a signer that is started often does not do it more often. While a token could not be
 * asked it is not done yet.
 */
export function reconcileDaily(deps: Pick<SignerDeps, 'db'>, signing: Signing, log: Logger): { stop(): void } {
  const look = async (): Promise<void> => {
    const { rows } = await sql<{ due: boolean }>`
      select coalesce(max(at) < clock_timestamp() - make_interval(secs => ${DAY_MS / 1000}), true) as due from reconciliations
      where verdict <> 'TOKEN_UNAVAILABLE'`.execute(deps.db);
    if (rows[0]?.due !== true) return;
    const { verdict, keys } = await reconcile(deps, signing);
    const fields = { event: 'reconciled', code: verdict, count: keys.length };
    if (verdict === 'OK' || verdict === 'COUNTER_ABSENT') log.info(fields, 'intents, outcomes and counters were compared');
    else log.error(fields, 'intents, outcomes and counters do not agree');
  };
  const attempt = (): void =>
    void look().catch((error: unknown) =>
      log.error({ event: 'reconciliation_failed', code: codeOf(error), err: error }, 'intents and counters could not be compared'),
    );
  attempt();
  const timer = setInterval(attempt, HOUR_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
