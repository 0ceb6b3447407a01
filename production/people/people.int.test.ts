import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureProvinces } from '#production/provinces';
import { startTestStore, type TestStore } from '#production/store';
import { authenticate, ensurePeople, requireTwoPersons, type PersonConfig } from './index.ts';

let store: TestStore;
const PEOPLE: readonly PersonConfig[] = [
  { id: 'operator-an', name: 'An', roles: ['operator', 'quality'] },
  { id: 'hanoi', name: 'Hà Nội', roles: ['province'], province: '01' },
];
beforeAll(async () => {
  store = await startTestStore();
  await ensureProvinces(store, []);
});
afterAll(async () => {
  await store?.stop();
});

describe('people', () => {
  it('get a token once, of which the database keeps the hash only', async () => {
    const tokens = await ensurePeople(store, PEOPLE);
    expect([...tokens.keys()]).toEqual(['operator-an', 'hanoi']);
    expect((await ensurePeople(store, PEOPLE)).size).toBe(0);
    const token = tokens.get('hanoi') ?? '';
    expect(await authenticate(store.db, token)).toEqual({ personId: 'hanoi', name: 'Hà Nội', roles: ['province'], provinceCode: '01' });
    for (const wrong of ['', `${token}x`, token.slice(0, -1), 'x'.repeat(100_000)]) expect(await authenticate(store.db, wrong)).toBeNull();
    const rows = await store.db.selectFrom('people').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(rows.some((row) => Buffer.from(row.token_hash).equals(createHash('sha256').update(token).digest()))).toBe(true);
  });

  it('follow the configuration: who left it is shut out, who comes back has his token again', async () => {
    const tokens = await ensurePeople(store, [...PEOPLE, { id: 'leaver', name: 'L', roles: ['auditor'] }]);
    const token = tokens.get('leaver') ?? '';
    expect(await authenticate(store.db, token)).toMatchObject({ personId: 'leaver' });
    await ensurePeople(store, PEOPLE);
    expect(await authenticate(store.db, token)).toBeNull();
    await ensurePeople(store, [...PEOPLE, { id: 'leaver', name: 'L', roles: ['quality'] }]);
    expect(await authenticate(store.db, token)).toMatchObject({ roles: ['quality'] });
  });

  it('and offices of a province that is none are refused', async () => {
    const refused = { code: 'PROVINCE_UNKNOWN' };
    await expect(ensurePeople(store, [{ id: 'nowhere', name: 'N', roles: ['province'], province: '02' }])).rejects.toMatchObject(refused);
    await expect(ensureProvinces(store, [{ code: '99.00001', name: 'x' }])).rejects.toMatchObject(refused);
  });

  it('two persons are two persons', () => {
    requireTwoPersons('a', 'b');
    expect(() => requireTwoPersons('a', 'a')).toThrow(expect.objectContaining({ code: 'DUAL_CONTROL_SAME_PERSON' }));
  });
});
