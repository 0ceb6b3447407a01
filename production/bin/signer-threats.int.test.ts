import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LyingHsm, type Lie } from '#hsm-mocks';
import { admitFromCeremony, signDocuments, signingOf, type SigningDeps } from '#production/signer';
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
