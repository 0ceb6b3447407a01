import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret, toHex } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { pointOfKey } from '#pki/ec';
import { admitFromCeremony } from '#production/signer';
import { startTestStore, type TestStore } from '#production/store';
import { rehearsalCard } from './rehearsal-card.ts';
import { rehearsalToken } from './rehearsal-token.ts';
import { booksFaults } from './signer-sweep-books.ts';
import { sweepSigner, SWEEP_POINTS } from './signer-sweep.ts';
import { throwawayAuthority } from './throwaway-authority.ts';
import { inThrowawayHome } from './throwaway-home.ts';

const PROGRAM = ['--conditions=source', '--import', 'tsx', fileURLToPath(new URL('signer-sweep-process.ts', import.meta.url))];

describe('threat: the signer is killed between two steps of a signature (P3, P5)', () => {
  it('at each point once: no signature without its intent, no attempt without an end, each card the same EF.SOD whenever it asks', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'cardmint-sweep-'));
    try {
      const card = await rehearsalCard();
      const report = await inThrowawayHome({ cwd }, (home) => sweepSigner(home, card, { points: SWEEP_POINTS.length, program: PROGRAM }));
      expect(report).toMatchObject({ orphans: 0, violations: [], reconciliation: 'OK' });
      expect([...report.kills.keys()]).toEqual([...SWEEP_POINTS]);
      expect(report.signatures).toBeGreaterThanOrEqual(report.cards);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  }, 600_000);
});

describe('what the sweep would notice', () => {
  const DIGESTS = new Map([
    ['crd-one', 'D1'],
    ['crd-two', 'D2'],
  ]);
  let store: TestStore;
  let certificate: Uint8Array;
  let key = '';
  beforeAll(async () => {
    store = await startTestStore();
    const pin = new Secret(Uint8Array.of(1));
    const hsm = new SoftwareHsm({ pin });
    await hsm.open(pin);
    const { keyId, spki } = await rehearsalToken('a', hsm).makeDocumentSignerKey({ label: 'ds' });
    certificate = await (await throwawayAuthority(new Date())).certify(pointOfKey(spki), 1);
    key = toHex(keyId);
    await admitFromCeremony(store.db, [{ token: 'a', keyId, certificate, counter: 0 }]);
    await sql`update document_signers set documents = 2, state = 'active', activated_at = now(), active_until = now() + interval '1 day'`.execute(
      store.db,
    );
    // The first card was attempted twice, the second once.
    await sql`insert into signature_intents (kind, subject, content_hash, signer_hash, document_number, attempts)
      select 'security_object', subject, sha256(subject::bytea), signer_hash, number, attempts
      from document_signers, (values ('crd-one', 1, 2), ('crd-two', 2, 1)) as v(subject, number, attempts)`.execute(store.db);
    await sql`insert into signature_outcomes (intent_id, attempt, result, product, code)
      select intent_id, attempt, result, case when result = 'signed' then ''::bytea end, code from signature_intents join
        (values ('crd-one', 1, 'doubt', 'UNRESOLVED'), ('crd-one', 2, 'signed', null), ('crd-two', 1, 'signed', null))
        as v(subject, attempt, result, code) using (subject)`.execute(store.db);
  });
  afterAll(async () => {
    await store.stop();
  });
  const faults = (digests: readonly string[], known = DIGESTS) =>
    booksFaults(
      store.db,
      digests.map((digest) => ({ keyId: key, digest })),
      { certificates: [certificate], digests: known },
    );

  it('nothing, where every signature has an attempt and every attempt an outcome; an attempt need not have signed', async () => {
    expect(await faults(['D1', 'D1', 'D2'])).toEqual({ orphans: 0, violations: [], doubts: 1 });
    expect(await faults(['D1', 'D2'])).toEqual({ orphans: 0, violations: [], doubts: 1 });
  });

  it('a signature more than there were attempts, over what no card says, or under a key of nobody', async () => {
    expect((await faults(['D1', 'D1', 'D1', 'D2'])).orphans).toBe(1);
    expect((await faults(['D1', 'D2', 'D3', 'D3'])).orphans).toBe(2);
    const foreign = [{ keyId: '00', digest: 'D1' }];
    expect((await booksFaults(store.db, foreign, { certificates: [certificate], digests: DIGESTS })).orphans).toBe(1);
  });

  it('an outcome that says signed when the token made no signature; a card that never was', async () => {
    expect((await faults(['D1'])).violations).toEqual([expect.stringContaining('the token made no signature')]);
    expect((await faults(['D1', 'D2'], new Map([...DIGESTS, ['crd-three', 'D3']]))).violations).toEqual([
      'crd-three: signed 0 times in the books',
    ]);
  });

  it('an attempt without an outcome', async () => {
    await sql`update signature_intents set attempts = attempts + 1 where subject = 'crd-two'`.execute(store.db);
    expect((await faults(['D1', 'D2'])).violations).toEqual([expect.stringContaining('2 attempts, 1 outcomes')]);
  });
});
