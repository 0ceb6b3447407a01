import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LyingHsm, type Lie } from '#hsm-mocks';
import { silentLogger } from '#production/logging';
import { admitFromCeremony, reconcileDaily, signDocuments, signingOf, type SigningDeps } from '#production/signer';
import { startTestStore, type TestStore } from '#production/store';
import { admitAll, testDocument, testTokens, type TestToken } from './document-signers.fixture.ts';

/** What a signer must survive without a person: keys that end while nobody signs, a database that goes in the middle, a token that lies for good. */
const DAY = 86_400_000;
const ROOMY = { documentsMax: 1000, daysMax: 30 };

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(async () => store.stop());
beforeEach(async () => {
  for (const table of ['signature_outcomes', 'signature_intents', 'document_signers']) {
    await sql`alter table ${sql.table(table)} disable trigger user`.execute(store.db);
    await sql`delete from ${sql.table(table)}`.execute(store.db);
    await sql`alter table ${sql.table(table)} enable trigger user`.execute(store.db);
  }
});

function depsOf(tokens: readonly TestToken[], changes: Partial<SigningDeps> = {}): SigningDeps {
  return { db: store.db, tokens: tokens.map(({ token }) => token), clock: () => new Date(), ...changes };
}

describe('P1: a plant that stood still while a key ended', () => {
  it('what is to be signed is tried with a signer whose usage period holds, not with the one that signed last', async () => {
    const old = await testTokens([1], undefined, new Date(Date.now() - 91 * DAY));
    const young = await testTokens([1]);
    await admitAll(store.db, [...old.tokens, ...young.tokens], ROOMY);
    const [ended, spare] = [old.tokens[0]?.signers[0], young.tokens[0]?.signers[0]];
    if (ended === undefined || spare === undefined) throw new Error('no signers');
    await sql`update document_signers set state = 'active', activated_at = usage_from, active_until = usage_to
      where certificate = ${Buffer.from(ended.certificate)}`.execute(store.db);
    const { signers } = signingOf(depsOf(young.tokens));
    expect((await signers.any(new Date())).certificate.certificate).toEqual(spare.certificate);
    await expect(signers.any(new Date(Date.now() + 365 * DAY))).rejects.toMatchObject({ code: 'DOCUMENT_SIGNER_EXHAUSTED' });
  });
});

describe('P3: each intent has one end, whatever fails behind it', () => {
  it('a database that cannot be read between intent and signature: the attempt failed, nothing waits for it for ever', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    const reached = async (): Promise<void> => void (await sql`alter table document_signers rename to hidden`.execute(store.db));
    try {
      await expect(signDocuments(depsOf(tokens, { reached }))(testDocument('crd-1'))).rejects.toMatchObject({ code: '42P01' });
    } finally {
      await sql`alter table hidden rename to document_signers`.execute(store.db);
    }
    const { rows } = await sql<{ result: string; code: string }>`select result, code from signature_outcomes`.execute(store.db);
    expect(rows).toEqual([{ result: 'failed', code: '42P01' }]);
  });
});

describe('two signer processes at once', () => {
  it('asked for the same card at the same time: one signature counts, whoever of the two is told that the other was first', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    const signers = Array.from({ length: 4 }, () => signDocuments(depsOf(tokens)));
    const cards = Array.from({ length: 12 }, (_, index) => `crd-${index}`);
    for (const card of cards) {
      const followed: string[] = [];
      const signed = async (_: unknown, product: Uint8Array): Promise<void> => {
        await Promise.resolve();
        followed.push(Buffer.from(product).toString('hex'));
      };
      const results = await Promise.allSettled(signers.map((sign) => sign(testDocument(card, { signed }))));
      const products = new Set(
        results.flatMap((result) => (result.status === 'fulfilled' ? [Buffer.from(result.value).toString('hex')] : [])),
      );
      expect(products.size).toBe(1);
      expect(followed).toEqual([...products]);
    }
    const { rows } = await sql<{ signed: number; documents: number; open: number }>`
      select (select count(*) from signature_outcomes where result = 'signed') as signed, (select sum(documents) from document_signers) as documents,
             (select sum(attempts) from signature_intents) - (select count(*) from signature_outcomes) as open`.execute(store.db);
    expect(rows).toEqual([{ signed: cards.length, documents: cards.length, open: 0 }]);
  });
});

describe('P4: reconciliation', () => {
  it('that found a token away is done again within the hour, not after a day', async () => {
    const { tokens } = await testTokens([1]);
    await sql`insert into reconciliations (verdict, report) values ('TOKEN_UNAVAILABLE', '[]')`.execute(store.db);
    const deps = depsOf(tokens);
    const verdicts = async (): Promise<readonly string[]> => {
      const { rows } = await sql<{ verdict: string }>`select verdict from reconciliations order by reconciliation_id`.execute(store.db);
      return rows.map(({ verdict }) => verdict);
    };
    for (let start = 0; start < 2; start += 1) {
      reconcileDaily(deps, signingOf(deps), silentLogger).stop();
      await expect.poll(verdicts).toEqual(['TOKEN_UNAVAILABLE', 'OK']);
    }
  });
});

describe('§3.4: a token that gives wrong signatures for good', () => {
  it('costs two keys, not every spare that it holds: then the token stays out', async () => {
    const lies = Array.from({ length: 20 }, (): Lie => 'wrong-signature');
    const { tokens } = await testTokens([6, 1], (hsm, index) => (index === 0 ? new LyingHsm(hsm, lies) : hsm));
    for (const { signers } of tokens) await admitFromCeremony(store.db, signers, ROOMY);
    const sign = signDocuments(depsOf(tokens));
    const cards = ['crd-1', 'crd-2', 'crd-3'];
    for (const card of cards) expect(await sign(testDocument(card))).toHaveLength(96);
    const { rows } = await sql<{ state: string; count: number }>`
      select state, count(*) as count from document_signers where token = 'a' group by state order by state`.execute(store.db);
    expect(rows).toEqual([
      { state: 'quarantined', count: 2 },
      { state: 'spare', count: 4 },
    ]);
  });
});
