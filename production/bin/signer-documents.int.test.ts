import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { explicitSpki } from '#pki/ec';
import { HsmError, type HsmErrorCode } from '#pki/hsm';
import {
  addDays,
  addYears,
  documentSignerCertificate,
  issueCertificate,
  prepareCertificate,
  subjectPublicKeyInfo,
  verifySignatureOnPool,
} from '#pki/x509';
import { LyingHsm, SoftwareHsm, type Lie } from '#hsm-mocks';
import { admitFromCeremony, signDocuments, type SigningDeps, type SigningPoint } from '#production/signer';
import { startTestStore, type TestStore } from '#production/store';
import { admitAll, testDocument, testTokens, type TestToken } from './document-signers.fixture.ts';
import { rehearsalToken } from './rehearsal-token.ts';

/** The core of the signer on a real PostgreSQL and software tokens, which count what they sign. */
let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});
afterAll(async () => store.stop());
beforeEach(async () => {
  // Append-only to everybody but the owner of the tables, who takes the triggers off.
  for (const table of ['signature_outcomes', 'signature_intents', 'document_signers']) {
    await sql`alter table ${sql.table(table)} disable trigger user`.execute(store.db);
    await sql`delete from ${sql.table(table)}`.execute(store.db);
    await sql`alter table ${sql.table(table)} enable trigger user`.execute(store.db);
  }
});

const ROOMY = { documentsMax: 1000, daysMax: 30 };

function depsOf(tokens: readonly TestToken[], changes: Partial<SigningDeps> = {}): SigningDeps {
  return { db: store.db, tokens: tokens.map(({ token }) => token), clock: () => new Date(), ...changes };
}

async function signers(): Promise<readonly { token: string; state: string; documents: number; reason: string | null }[]> {
  const { rows } = await sql<{ token: string; state: string; documents: number; reason: string | null }>`
    select token, state, documents, reason from document_signers order by admitted_at`.execute(store.db);
  return rows;
}

interface Attempt {
  readonly subject: string;
  readonly token: string;
  readonly attempts: number;
  readonly result: string | null;
  readonly code: string | null;
}

async function attempts(): Promise<readonly Attempt[]> {
  const { rows } = await sql<Attempt>`
    select i.subject, d.token, i.attempts, o.result, o.code
    from signature_intents i join document_signers d using (signer_hash) left join signature_outcomes o using (intent_id)
    order by i.intent_id, o.attempt`.execute(store.db);
  return rows;
}

async function signaturesOf({ hsm, signers: own }: TestToken): Promise<number> {
  let sum = 0;
  for (const { keyId } of own) sum += await hsm.signaturesOf({ keyId });
  return sum;
}

const codeOf = (result: PromiseSettledResult<unknown>): string =>
  result.status === 'fulfilled' ? 'signed' : String((result.reason as { code?: string }).code ?? result.reason);

function tally(results: readonly PromiseSettledResult<unknown>[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of results) counts[codeOf(result)] = (counts[codeOf(result)] ?? 0) + 1;
  return counts;
}

describe('P2: never more documents than the budget', () => {
  it('64 signers race to a cap of 24: exactly 24 documents are signed, each with a number of its own', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, { documentsMax: 24, daysMax: 30 });
    const racing = Array.from({ length: 64 }, (_, index) => signDocuments(depsOf(tokens))(testDocument(`crd-race-${index}`)));
    expect(tally(await Promise.allSettled(racing))).toEqual({ signed: 24, DOCUMENT_SIGNER_EXHAUSTED: 40 });
    expect(await signers()).toMatchObject([{ state: 'spent', documents: 24 }]);
    const [token] = tokens;
    expect(token === undefined ? 0 : await signaturesOf(token)).toBe(24);
    const { rows } = await sql<{ numbers: number[] }>`
      select array_agg(document_number order by document_number) as numbers from signature_intents`.execute(store.db);
    expect(rows[0]?.numbers).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
  });

  it('roll-over at full load fails no request and lets no key pass its cap', async () => {
    const { tokens } = await testTokens([4]);
    await admitAll(store.db, tokens, { documentsMax: 10, daysMax: 30 });
    const sign = signDocuments(depsOf(tokens));
    const results = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => sign(testDocument(`crd-roll-${index}`))));
    expect(tally(results)).toEqual({ signed: 40 });
    expect(await signers()).toEqual(Array.from({ length: 4 }, () => ({ token: 'a', state: 'spent', documents: 10, reason: null })));
    await expect(sign(testDocument('crd-one-more'))).rejects.toMatchObject({ code: 'DOCUMENT_SIGNER_EXHAUSTED' });
  });

  it('the successor is active with the document that reaches 80 %, and takes the next one', async () => {
    const { tokens } = await testTokens([2]);
    await admitAll(store.db, tokens, { documentsMax: 10, daysMax: 30 });
    const sign = signDocuments(depsOf(tokens));
    for (let index = 0; index < 7; index += 1) await sign(testDocument(`crd-${index}`));
    expect(await signers()).toMatchObject([{ state: 'active', documents: 7 }, { state: 'spare' }]);
    await sign(testDocument('crd-7'));
    expect(await signers()).toMatchObject([
      { state: 'active', documents: 8 },
      { state: 'active', documents: 0 },
    ]);
    await sign(testDocument('crd-8'));
    expect(await signers()).toMatchObject([{ documents: 8 }, { documents: 1 }]);
  });

  it('threat: a program writes another count: the database refuses more than the cap, and less than there was', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, { documentsMax: 3, daysMax: 30 });
    const sign = signDocuments(depsOf(tokens));
    await sign(testDocument('crd-1'));
    await expect(sql`update document_signers set documents = 0`.execute(store.db)).rejects.toThrow('APPEND_ONLY');
    await expect(sql`update document_signers set documents = 4`.execute(store.db)).rejects.toThrow();
    await expect(sql`update document_signers set documents_max = 100`.execute(store.db)).rejects.toThrow('APPEND_ONLY');
    await expect(sql`delete from document_signers`.execute(store.db)).rejects.toThrow('APPEND_ONLY');
    await expect(sql`truncate signature_outcomes`.execute(store.db)).rejects.toThrow('APPEND_ONLY');
    await expect(sql`update signature_intents set attempts = attempts + 2`.execute(store.db)).rejects.toThrow('APPEND_ONLY');
    await expect(sql`update signature_intents set subject = 'x', attempts = attempts + 1`.execute(store.db)).rejects.toThrow('APPEND_ONLY');
  });
});

describe('group commit', () => {
  it('many intents are one transaction, and one card that is not claimed does not hurt the others', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    const sign = signDocuments(depsOf(tokens));
    const refused = () => Promise.reject(Object.assign(new Error('not claimed'), { code: 'CARD_NOT_CLAIMED' }));
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => sign(testDocument(`crd-${index}`, index === 7 ? { intended: refused } : {}))),
    );
    expect(tally(results)).toEqual({ signed: 19, CARD_NOT_CLAIMED: 1 });
    const { rows } = await sql<{ transactions: number; intents: number }>`
      select count(distinct xmin::text) as transactions, count(*) as intents from signature_intents`.execute(store.db);
    expect(rows).toEqual([{ transactions: 1, intents: 19 }]);
    expect(await signers()).toMatchObject([{ documents: 19 }]);
  });

  it('a broken statement of one member is its own as well', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    const sign = signDocuments(depsOf(tokens));
    const results = await Promise.allSettled([
      sign(testDocument('crd-1')),
      sign(testDocument('crd-2', { intended: async (trx) => void (await sql`select 1 / 0`.execute(trx)) })),
      sign(testDocument('crd-3')),
    ]);
    expect(results.map(codeOf)).toEqual(['signed', '22012', 'signed']);
  });

  it('what follows from an outcome may fail: the outcome stands, the caller is told, and the product is there when it is asked for again', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    const sign = signDocuments(depsOf(tokens));
    const lost = () => Promise.reject(Object.assign(new Error('lost'), { code: 'FENCE_LOST' }));
    const results = await Promise.allSettled([sign(testDocument('crd-1', { signed: lost })), sign(testDocument('crd-2'))]);
    expect(results.map(codeOf)).toEqual(['FENCE_LOST', 'signed']);
    expect((await attempts()).map(({ result }) => result)).toEqual(['signed', 'signed']);
    expect(await sign(testDocument('crd-1'))).toHaveLength(96);
    expect(tokens[0] === undefined ? 0 : await signaturesOf(tokens[0])).toBe(2);
  });

  it('the same document asked for at once is signed once', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    const sign = signDocuments(depsOf(tokens));
    const products = await Promise.all(Array.from({ length: 8 }, () => sign(testDocument('crd-1'))));
    expect(new Set(products.map((product) => Buffer.from(product).toString('hex'))).size).toBe(1);
    expect(await attempts()).toHaveLength(1);
  });
});

describe('P3: each signature has one intent, each intent an outcome or a named doubt', () => {
  it.each(['intent-durable', 'signed', 'verified'] as const)(
    'a signer that dies at %s leaves an attempt that is open; the next one names it a doubt and signs identical content under the same intent',
    async (point: SigningPoint) => {
      const { tokens } = await testTokens([1]);
      await admitAll(store.db, tokens, ROOMY);
      let died: () => void = () => undefined;
      const dead = new Promise<void>((resolve) => (died = resolve));
      const reached = (at: SigningPoint): void | Promise<void> => {
        if (at !== point) return undefined;
        died();
        return new Promise(() => undefined);
      };
      void signDocuments(depsOf(tokens, { reached }))(testDocument('crd-1'));
      await dead;
      expect(await attempts()).toEqual([{ subject: 'crd-1', token: 'a', attempts: 1, result: null, code: null }]);
      await signDocuments(depsOf(tokens))(testDocument('crd-1'));
      expect(await attempts()).toEqual([
        { subject: 'crd-1', token: 'a', attempts: 2, result: 'doubt', code: 'UNRESOLVED' },
        { subject: 'crd-1', token: 'a', attempts: 2, result: 'signed', code: null },
      ]);
      // Counted once: it is one document.
      expect(await signers()).toMatchObject([{ documents: 1 }]);
    },
  );

  it('a signer that dies after the outcome hands the same product out again', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    const stuck = new Promise<void>((resolve) => {
      const reached = (at: SigningPoint): void | Promise<void> => {
        if (at !== 'outcome-durable') return undefined;
        resolve();
        return new Promise(() => undefined);
      };
      void signDocuments(depsOf(tokens, { reached }))(testDocument('crd-1'));
    });
    await stuck;
    expect(await signDocuments(depsOf(tokens))(testDocument('crd-1'))).toHaveLength(96);
    expect(await attempts()).toMatchObject([{ attempts: 1, result: 'signed' }]);
  });

  it('other content for the same card is another intent; what was open of the first is a doubt before', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    const reached = (at: SigningPoint): void | Promise<void> => (at === 'intent-durable' ? new Promise(() => undefined) : undefined);
    void signDocuments(depsOf(tokens, { reached }))(testDocument('crd-1'));
    await expect.poll(async () => (await attempts()).length).toBe(1);
    await signDocuments(depsOf(tokens))({ ...testDocument('other'), subject: 'crd-1' });
    expect((await attempts()).map(({ result, code }) => [result, code])).toEqual([
      ['doubt', 'UNRESOLVED'],
      ['signed', null],
    ]);
  });
});

describe('P5, §3.4: tokens that lie, hang and die', () => {
  async function plant(liesOf: readonly Lie[]): Promise<{ readonly tokens: readonly TestToken[]; readonly deps: SigningDeps }> {
    const { tokens } = await testTokens([1, 1], (hsm, index) => (index === 0 ? new LyingHsm(hsm, liesOf) : hsm));
    await admitAll(store.db, tokens, ROOMY);
    return { tokens, deps: depsOf(tokens) };
  }

  it.each(['wrong-signature', 'other-message', 'previous-signature', 'short-signature'] as const)(
    'threat: %s: the key is quarantined after one, the intent has a named doubt, another Document Signer takes the card',
    async (lie) => {
      const { deps } = await plant([lie, lie, lie]);
      const sign = signDocuments(deps);
      expect(await sign(testDocument('crd-1'))).toHaveLength(96);
      expect(await attempts()).toEqual([
        { subject: 'crd-1', token: 'a', attempts: 1, result: 'doubt', code: 'SIGNATURE_REJECTED' },
        { subject: 'crd-1', token: 'b', attempts: 1, result: 'signed', code: null },
      ]);
      expect(await signers()).toMatchObject([{ state: 'quarantined', reason: 'SIGNATURE_REJECTED' }, { state: 'active' }]);
      await sign(testDocument('crd-2'));
      expect((await attempts()).filter(({ token }) => token === 'a')).toHaveLength(1);
    },
  );

  it.each([
    ['HSM_DEVICE_FAILED', 'doubt'],
    ['signs-then-dies', 'doubt'],
    ['HSM_KEY_VANISHED', 'failed'],
    ['HSM_SESSION_LOST', 'doubt'],
    ['HSM_TIMED_OUT', 'doubt'],
    ['HSM_PROCESS_LOST', 'doubt'],
    ['HSM_BREAKER_OPEN', 'failed'],
  ] as const)('%s of one token: a named %s, and the other token signs the same content with an intent of its own', async (lie, result) => {
    const { deps } = await plant([lie]);
    expect(await signDocuments(deps)(testDocument('crd-1'))).toHaveLength(96);
    expect(await attempts()).toMatchObject([
      { token: 'a', result, code: lie === 'signs-then-dies' ? 'HSM_DEVICE_FAILED' : lie },
      { token: 'b', result: 'signed' },
    ]);
    expect((await signers()).map(({ state }) => state)).toEqual(['active', 'active']);
  });

  it.each([
    ['HSM_SIGNATURE_FORM', 'doubt'],
    ['HSM_KEY_NOT_FOUND', 'failed'],
  ] as const)('%s: that key is quarantined with a named %s, its token goes on with the next', async (lie, result) => {
    const { tokens } = await testTokens([2], (hsm) => new LyingHsm(hsm, [lie]));
    await admitAll(store.db, tokens, ROOMY);
    const sign = signDocuments(depsOf(tokens));
    await sign(testDocument('crd-1'));
    expect(await attempts()).toMatchObject([
      { token: 'a', result, code: lie },
      { token: 'a', result: 'signed' },
    ]);
    expect(await signers()).toMatchObject([{ state: 'quarantined', reason: lie }, { state: 'active' }]);
  });

  it('P13: with no token alive cards wait: no signature, no software fallback; the same cards are signed when one is back', async () => {
    let code: HsmErrorCode | undefined = 'HSM_DEVICE_FAILED';
    const { tokens } = await testTokens([1, 1]);
    await admitAll(store.db, tokens, ROOMY);
    const down = tokens.map(({ token }) => ({
      ...token,
      signDocument: async (...asked: Parameters<typeof token.signDocument>) => {
        if (code !== undefined) throw new HsmError(code);
        return token.signDocument(...asked);
      },
      proveAlive: async () => {
        if (code !== undefined) throw new HsmError(code);
        await token.proveAlive();
      },
    }));
    const sign = signDocuments(depsOf(tokens, { tokens: down }));
    const cards = ['crd-1', 'crd-2', 'crd-3'];
    const waiting = await Promise.allSettled(cards.map((card) => sign(testDocument(card))));
    expect(tally(waiting)).toEqual({ TOKEN_UNAVAILABLE: 3 });
    expect((await attempts()).some(({ result }) => result === 'signed')).toBe(false);
    code = undefined;
    expect(tally(await Promise.allSettled(cards.map((card) => sign(testDocument(card)))))).toEqual({ signed: 3 });
    // Every attempt that was made has its end, and the tokens signed no more than was attempted.
    const open = (await attempts()).filter(({ result }) => result === null);
    expect(open).toEqual([]);
    const signatures = await Promise.all(tokens.map(signaturesOf));
    expect(signatures.reduce((sum, count) => sum + count, 0)).toBe(3);
  });
});

describe('a Document Signer with an RSA key', () => {
  it.each(['rsa', 'rsa-pss'] as const)(
    'signs by %s: the key is found by its identifier and public half, the scheme comes with the document',
    async (key) => {
      const pin = new Secret(utf8('1'));
      const hsm = new SoftwareHsm({ pin });
      await hsm.open(pin);
      const made = await hsm.generateRsaKey({ label: 'ds', bits: 2048, purpose: 'sign' });
      const root = await hsm.generateEcKey({ label: 'csca', curve: 'brainpoolP512r1', purpose: 'sign' });
      const name = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA SPECIMEN' };
      const issuer = { name, spki: explicitSpki(root.curve, root.point), algorithm: { key: 'ec', hash: 'sha512' } } as const;
      const from = new Date(Date.now() - 5000);
      const usage = { notBefore: from, notAfter: addDays(from, 90) };
      const request = documentSignerCertificate({
        subject: { ...name, commonName: 'DS RSA' },
        serialNumber: Uint8Array.of(0x45),
        spki: subjectPublicKeyInfo(made),
        usage,
        notAfter: addYears(usage.notAfter, 25),
        mrzCountry: 'VNM',
        crlUrls: ['https://specimen.invalid/VNM.crl'],
        issuerSpki: issuer.spki,
        documentTypes: ['ID'],
      });
      const certificate = await issueCertificate(prepareCertificate(request, issuer), (digest) => hsm.sign(root, digest));
      await admitFromCeremony(store.db, [{ token: 'a', keyId: made.keyId, certificate, counter: 0 }]);
      const token = rehearsalToken('a', hsm);
      const algorithm = { key, hash: 'sha256' } as const;
      const content = utf8('an RSA document');
      const product = await signDocuments({ db: store.db, tokens: [token], clock: () => new Date() })({
        subject: 'crd-rsa',
        contentHash: new Uint8Array(32),
        prepare: (signer) => ({
          digest: Uint8Array.from(createHash('sha256').update(content).digest()),
          algorithm,
          issue: async (raw) => {
            expect(await verifySignatureOnPool(algorithm, content, signer.certificate.publicKey, raw)).toBe(true);
            return raw;
          },
        }),
      });
      expect(product).toHaveLength(256);
      expect(await hsm.signaturesOf(made)).toBe(1);
    },
  );
});

describe('P1: the clock', () => {
  const HOUR = 3_600_000;
  it.each([-10 * 365 * 24 * HOUR, -24 * HOUR, -1500, 1500, 24 * HOUR, 10 * 365 * 24 * HOUR])(
    'a host %d ms away from the database signs nothing, says so, and resumes when it is right again',
    async (by) => {
      const { tokens } = await testTokens([1]);
      await admitAll(store.db, tokens, ROOMY);
      let offset = 0;
      const sign = signDocuments(depsOf(tokens, { clock: () => new Date(Date.now() + offset) }));
      await sign(testDocument('crd-1'));
      offset = by;
      await expect(sign(testDocument('crd-2'))).rejects.toMatchObject({ code: 'CLOCK_SKEW' });
      expect(await attempts()).toHaveLength(1);
      offset = 0;
      await sign(testDocument('crd-2'));
      expect(await attempts()).toHaveLength(2);
    },
  );

  it('both clocks behind the newest intent: nothing is signed', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    await sql`insert into signature_intents (kind, subject, content_hash, signer_hash, intended_at)
      values ('manifest', 'shp-later', sha256('x'), sha256('y'), now() + interval '10 seconds')`.execute(store.db);
    await expect(signDocuments(depsOf(tokens))(testDocument('crd-1'))).rejects.toMatchObject({ code: 'CLOCK_BACKWARDS' });
  });

  it('both clocks of one host jump together: the clock that nobody can set tells', async () => {
    const { tokens } = await testTokens([1]);
    await admitAll(store.db, tokens, ROOMY);
    let lost = 0;
    const sign = signDocuments(depsOf(tokens, { monotonic: () => performance.now() - lost }));
    await sign(testDocument('crd-1'));
    lost = 10_000;
    await expect(sign(testDocument('crd-2'))).rejects.toMatchObject({ code: 'CLOCK_JUMPED' });
    lost = 0;
    await sign(testDocument('crd-2'));
  });
});
