import { sql } from 'kysely';
import { asStoreError, sqlState, StoreError, withTransaction, type Db, type Trx } from '#production/store';
import { allocate, isOver, type Asked } from './budget.ts';
import type { ClockGuard } from './clock-guard.ts';
import { lockBudgets, storeBudgets } from './document-signers.ts';
import { GroupCommit, MemberRefused } from './group-commit.ts';
import type { LiveTokens } from './live-tokens.ts';
import { SignerError } from './signer-error.ts';

export type SignatureKind =
  | 'security_object'
  | 'manifest'
  | 'birth_certificate'
  | 'cv_certificate'
  | 'terminal_signature'
  | 'certificate_request'
  | 'test'
  | 'evidence';

/** What is about to be signed, for whom. Hashes only, in hex where they are compared. */
export interface WantedIntent {
  readonly kind: SignatureKind;
  /** The card record, the consignment, the holder of a CV certificate, a key. */
  readonly subject: string;
  /** SHA-256 of everything that goes under the signature, in hex. */
  readonly content: string;
  readonly fence?: number;
  readonly chipId?: string;
  /** Who signs: the hash of a certificate in hex, or a Document Signer, chosen with the intent, of those that were not tried yet. */
  readonly signer: string | Asked;
  /** What else must be true before the token is asked. */
  readonly together?: ((trx: Trx) => Promise<void>) | undefined;
}

/** An intent that is durable, and whose signature may be asked for, once. */
export interface Intent {
  readonly intentId: number;
  readonly attempt: number;
  /** Hash of the signer's certificate in hex. */
  readonly signer: string;
}

/** The same content was signed before: its product is handed out again, and nothing is signed. */
export interface SignedBefore {
  readonly product: Uint8Array;
}

export type Outcome =
  | { readonly result: 'signed'; readonly product: Uint8Array }
  /** The token did not sign. */
  | { readonly result: 'failed'; readonly code: string }
  /** It may have signed, and the signature is nobody's. */
  | { readonly result: 'doubt'; readonly code: string };

interface Settlement {
  readonly intent: Intent;
  readonly outcome: Outcome;
  readonly together?: ((trx: Trx) => Promise<void>) | undefined;
}

/**
 * Intents and outcomes of every signature, on PostgreSQL, committed in groups: an intent is durable before its own signature is asked
 * for, an outcome before its own answer, and nobody waits for a transaction of his own (invariants P2, P3).
 */
export class Intents {
  readonly #db: Db;
  readonly #clock: ClockGuard;
  readonly #tokens: LiveTokens;
  readonly #wanted = new GroupCommit<WantedIntent, Intent | SignedBefore | SignerError>((members) => this.#intend(members));
  /** Those that this process will settle. */
  readonly #inFlight = new Map<number, string>();
  readonly #settled = new GroupCommit<Settlement, boolean>((members) => this.#settle(members));

  constructor(db: Db, clock: ClockGuard, tokens: LiveTokens) {
    this.#db = db;
    this.#clock = clock;
    this.#tokens = tokens;
  }

  /**
   * The same content under the same signer is the same intent, attempted again; what became of the attempt before it, if nobody knows, is
   * written down as a doubt first. Under another signer it is another intent.
   * @throws SignerError CLOCK_…, TOKEN_UNAVAILABLE, DOCUMENT_SIGNER_EXHAUSTED; what `together` throws; StoreError
   */
  async intend(wanted: WantedIntent): Promise<Intent | SignedBefore> {
    const answer = await this.#wanted.add(wanted);
    if (answer instanceof SignerError) throw answer;
    if ('intentId' in answer) this.#inFlight.set(answer.intentId, answer.signer);
    return answer;
  }

  /**
   * @throws SignerError SIGNATURE_FAILED when another signer process has settled this attempt already: its product is the one that counts;
   * what `together` throws, after the outcome was written without it
   */
  async settle(intent: Intent, outcome: Outcome, together?: (trx: Trx) => Promise<void>): Promise<void> {
    this.#inFlight.delete(intent.intentId);
    const refused: { reason?: unknown } = {};
    const first = await this.#settled.add({ intent, outcome, together }).catch((error: unknown) => {
      if (together === undefined || error instanceof StoreError) throw error;
      // What was signed was signed, whatever became of the card meanwhile.
      refused.reason = error;
      return this.#settled.add({ intent, outcome });
    });
    if ('reason' in refused) throw refused.reason;
    if (!first && outcome.result === 'signed')
      throw new SignerError('SIGNATURE_FAILED', { detail: 'this attempt was settled by another process' });
  }

  /** Waits until this process has asked for nothing under this key that is not settled; a token answers within seconds, or is given up. */
  async settledUnder(signer: string): Promise<void> {
    while ([...this.#inFlight.values()].includes(signer)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /**
   * Names a doubt for every attempt whose end nobody wrote down and nobody waits for: its signer died, and its card was never asked for again.
   * @returns how many there were
   */
  async settleForgotten(olderThanSeconds: number): Promise<number> {
    const { rows } = await sql<{ intentId: number; attempt: number }>`
      select i.intent_id as "intentId", n.attempt
      from signature_intents i cross join generate_series(1, i.attempts) as n(attempt)
      left join signature_outcomes o on o.intent_id = i.intent_id and o.attempt = n.attempt
      where o.intent_id is null and i.intended_at < clock_timestamp() - make_interval(secs => ${olderThanSeconds})`.execute(this.#db);
    const forgotten = rows.filter(({ intentId }) => !this.#inFlight.has(intentId));
    if (forgotten.length > 0)
      await withTransaction(this.#db, (trx) =>
        writeOutcomes(
          trx,
          forgotten.map((row) => ({ ...row, outcome: UNRESOLVED })),
        ),
      );
    return forgotten.length;
  }

  async #intend(members: readonly WantedIntent[]): Promise<readonly (Intent | SignedBefore | SignerError)[]> {
    const documents = members.some(({ signer }) => typeof signer !== 'string');
    const alive = documents ? await this.#tokens.alive() : [];
    return withTransaction(this.#db, async (trx) => {
      const time = await this.#clock.check(() => askTime(trx));
      // The locks first: what another signer process has intended meanwhile is known behind them, and is signed by one of the two.
      const rows = documents ? await lockBudgets(trx) : [];
      let known = await knownIntents(trx, members);
      // Who settles at this moment is first: then there is a product to hand out.
      if (!(await settleOpen(trx, known))) known = await knownIntents(trx, members);
      const usable = rows.filter((row) => row.state === 'active' && !isOver(row, time) && alive.some(({ name }) => name === row.token));
      const active = new Set(usable.map(({ hash }) => hash));
      const standing = members.map((member) => productOf(member, known) ?? standingOf(member, known, active));
      const asking = members.flatMap((member, index) => (standing[index] === undefined ? [signerAsked(member)] : []));
      const { given, changed } = allocate(rows, asking, { time, tokens: alive.map(({ name }) => name) });
      const none = alive.length === 0 ? this.#tokens.unavailable() : new SignerError('DOCUMENT_SIGNER_EXHAUSTED');
      let next = 0;
      const decided = standing.map((found) => found ?? given[next++] ?? none);
      // Only now, for those that will be signed: what goes with an intent is done where there is one.
      for (const [index, decision] of decided.entries()) if ('signer' in decision) await ofMember(index, trx, members[index]?.together);
      if (documents) await storeBudgets(trx, changed, rows);
      const made = await writeIntents(trx, members, decided);
      return decided.map((decision, index) => made.get(index) ?? (decision as SignedBefore | SignerError));
    });
  }

  async #settle(members: readonly Settlement[]): Promise<readonly boolean[]> {
    return withTransaction(this.#db, async (trx) => {
      const inserted = await writeOutcomes(
        trx,
        members.map(({ intent, outcome }) => ({ ...intent, outcome })),
      );
      const isFirst = ({ intent }: Settlement): boolean => inserted.has(`${intent.intentId}/${intent.attempt}`);
      const late = members.filter((member) => !isFirst(member) && member.outcome.result === 'signed');
      if (late.length > 0)
        await writeOutcomes(
          trx,
          late.map(({ intent }) => ({ ...intent, outcome: SIGNED_BEFORE })),
        );
      // What follows from a signature that does not count does not follow.
      for (const [index, member] of members.entries()) if (!late.includes(member)) await ofMember(index, trx, member.together);
      return members.map(isFirst);
    });
  }
}

/** What to do for one member: sign as another signer's hash says, hand out what was signed, or refuse. */
type Decision = SignedBefore | SignerError | { readonly signer: string; readonly number?: number | null };

function signerAsked({ signer }: WantedIntent): Asked {
  return typeof signer === 'string' ? { avoid: new Set() } : signer;
}

function productOf(member: WantedIntent, known: readonly KnownIntent[]): SignedBefore | undefined {
  const product = known.find((intent) => sameContent(intent, member) && intent.product !== null)?.product ?? null;
  return product === null ? undefined : { product: Uint8Array.from(product) };
}

/** What needs no budget: a signer that is given, or a document that is attempted again under its own signer. */
function standingOf(member: WantedIntent, known: readonly KnownIntent[], usable: ReadonlySet<string>): Decision | undefined {
  const { signer } = member;
  if (typeof signer === 'string') return { signer };
  const again = known.find((intent) => sameContent(intent, member) && usable.has(intent.signer) && !signer.avoid.has(intent.signer));
  return again === undefined ? undefined : { signer: again.signer, number: again.number };
}

function sameContent(intent: KnownIntent, member: WantedIntent): boolean {
  return intent.kind === member.kind && intent.subject === member.subject && intent.content === member.content;
}

async function ofMember(index: number, trx: Trx, together: ((trx: Trx) => Promise<void>) | undefined): Promise<void> {
  if (together === undefined) return;
  try {
    await together(trx);
  } catch (error) {
    // A lost race or a lost database is the transaction's business, everything else the member's own.
    const state = sqlState(error);
    if (state === '40001' || state === '40P01' || asStoreError(error) instanceof StoreError) throw error;
    throw new MemberRefused(index, error);
  }
}

/** What the database knows of the time: its own clock, and when the newest intent was written. */
export async function askTime(trx: Db | Trx): Promise<{ readonly database: Date; readonly newestIntent: Date | null }> {
  const { rows } = await sql<{ database: Date; newest: Date | null }>`
    select clock_timestamp() as database, (select intended_at from signature_intents order by intent_id desc limit 1) as newest`.execute(
    trx,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL has no time');
  return { database: row.database, newestIntent: row.newest };
}

interface KnownIntent {
  readonly intentId: number;
  readonly kind: SignatureKind;
  readonly subject: string;
  readonly content: string;
  readonly signer: string;
  readonly number: number | null;
  readonly attempts: number;
  readonly outcomes: number;
  readonly product: Uint8Array | null;
}

/** All intents of the same subjects, whatever their content: what is open of them is nobody's any more. */
async function knownIntents(trx: Trx, members: readonly WantedIntent[]): Promise<readonly KnownIntent[]> {
  const { rows } = await sql<KnownIntent>`
    select i.intent_id as "intentId", i.kind, i.subject, encode(i.content_hash, 'hex') as content, encode(i.signer_hash, 'hex') as signer,
           i.document_number as number, i.attempts, o.outcomes, o.product
    from (select distinct kind, subject from unnest(${members.map(({ kind }) => kind)}::text[], ${members.map(({ subject }) => subject)}::text[]) as w(kind, subject)) w
    join signature_intents i on i.kind = w.kind and i.subject = w.subject
    cross join lateral (
      select count(*) as outcomes, (array_agg(product) filter (where result = 'signed'))[1] as product
      from signature_outcomes where intent_id = i.intent_id) o
    order by i.intent_id desc`.execute(trx);
  return rows;
}

const UNRESOLVED: Outcome = Object.freeze({ result: 'doubt', code: 'UNRESOLVED' });
/** It was signed, and another attempt's signature of the same content is the one that counts. */
const SIGNED_BEFORE: Outcome = Object.freeze({ result: 'doubt', code: 'SIGNED_BEFORE' });

/**
 * Attempts whose end nobody wrote down: their signer died, or hung, between intent and outcome.
 * @returns whether they were still open
 */
async function settleOpen(trx: Trx, known: readonly KnownIntent[]): Promise<boolean> {
  const open = known.filter(({ attempts, outcomes }) => outcomes < attempts);
  if (open.length === 0) return true;
  const ended = await writeOutcomes(
    trx,
    open.map(({ intentId, attempts }) => ({ intentId, attempt: attempts, outcome: UNRESOLVED })),
  );
  return ended.size === open.length;
}

async function writeIntents(
  trx: Trx,
  members: readonly WantedIntent[],
  decided: readonly Decision[],
): Promise<ReadonlyMap<number, Intent>> {
  const wanted = decided.flatMap((decision, index) => {
    const member = members[index];
    return 'signer' in decision && member !== undefined ? [{ index, member, decision }] : [];
  });
  if (wanted.length === 0) return new Map();
  const column = <T>(of: (row: (typeof wanted)[number]) => T): readonly T[] => wanted.map((row) => of(row));
  const { rows } = await sql<{ intentId: number; attempts: number; kind: string; subject: string; content: string }>`
    insert into signature_intents as i (kind, subject, content_hash, chip_id, signer_hash, fence, document_number)
    select kind, subject, decode(content, 'hex'), chip_id, decode(signer, 'hex'), fence, number
    from unnest(${column(({ member }) => member.kind)}::text[], ${column(({ member }) => member.subject)}::text[],
                ${column(({ member }) => member.content)}::text[], ${column(({ member }) => member.chipId ?? null)}::text[],
                ${column(({ decision }) => decision.signer)}::text[], ${column(({ member }) => member.fence ?? null)}::bigint[],
                ${column(({ decision }) => decision.number ?? null)}::integer[])
         as w(kind, subject, content, chip_id, signer, fence, number)
    on conflict (kind, subject, content_hash, signer_hash) do update set attempts = i.attempts + 1
    returning i.intent_id as "intentId", i.attempts, i.kind, i.subject, encode(i.content_hash, 'hex') as content`.execute(trx);
  const made = new Map(rows.map((row) => [`${row.kind}/${row.subject}/${row.content}`, row]));
  return new Map(
    wanted.map(({ index, member, decision }) => {
      const row = made.get(`${member.kind}/${member.subject}/${member.content}`);
      if (row === undefined) throw new Error('an intent is neither new nor known');
      return [index, { intentId: row.intentId, attempt: row.attempts, signer: decision.signer }];
    }),
  );
}

/** @returns `intent/attempt` of those that nobody had settled before */
async function writeOutcomes(
  trx: Trx,
  settled: readonly { readonly intentId: number; readonly attempt: number; readonly outcome: Outcome }[],
): Promise<ReadonlySet<string>> {
  const column = <T>(of: (row: (typeof settled)[number]) => T): readonly T[] => settled.map((row) => of(row));
  const { rows } = await sql<{ intent: string }>`
    insert into signature_outcomes (intent_id, attempt, result, product, code)
    select * from unnest(${column(({ intentId }) => intentId)}::bigint[], ${column(({ attempt }) => attempt)}::integer[],
                         ${column(({ outcome }) => outcome.result)}::text[],
                         ${column(({ outcome }) => (outcome.result === 'signed' ? Buffer.from(outcome.product) : null))}::bytea[],
                         ${column(({ outcome }) => (outcome.result === 'signed' ? null : outcome.code))}::text[])
    on conflict do nothing
    returning intent_id || '/' || attempt as intent`.execute(trx);
  return new Set(rows.map(({ intent }) => intent));
}
