import * as fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { furnishTestPlant, testChipId, testNote, testSerial } from '#production/batches';
import { startTestStore, withTransaction, type Account, type TestStore } from '#production/store';
import { yieldOf } from '#production/yield';
import { balance, moveBlank, receiveDelivery } from './index.ts';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await furnishTestPlant(store, 0);
});
afterAll(async () => {
  await store?.stop();
});
const receive = async (note: unknown) => await receiveDelivery(store, { note, who: 'operator-an' });
const received = async () => (await balance(store.db)).received;

describe('deliveries (invariant B3, bad-input §5.10)', () => {
  it('the same note again, also eight times at once, is one delivery', async () => {
    const note = testNote('N-1', 5);
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await receive(note)));
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(await receive(note)).toEqual({ deliveryNote: 'N-1', blanks: 5, replayed: true });
    expect(await balance(store.db)).toMatchObject({ received: 5, vault: 5, balanced: true });
  });

  it.each([
    ['other content under the same note', { ...testNote('N-1', 5), supplier: 'other' }, 'DELIVERY_NOTE_CONFLICT'],
    [
      'a serial of another note',
      { ...testNote('N-2', 2, 100), blanks: [{ serial: testSerial(1), chipId: testChipId(900) }] },
      'SERIAL_ALREADY_RECEIVED',
    ],
    [
      'a chip id of another note',
      { ...testNote('N-2', 2, 100), blanks: [{ serial: testSerial(900), chipId: testChipId(1) }] },
      'CHIP_ID_ALREADY_RECEIVED',
    ],
    [
      'a serial twice',
      { ...testNote('N-2', 1), blanks: [...testNote('', 1, 100).blanks, { serial: testSerial(100), chipId: testChipId(901) }] },
      'SERIAL_DUPLICATE',
    ],
    [
      'a chip id twice',
      { ...testNote('N-2', 1), blanks: [...testNote('', 1, 100).blanks, { serial: testSerial(901), chipId: testChipId(100) }] },
      'CHIP_ID_DUPLICATE',
    ],
    ['no blanks', { ...testNote('N-2', 0) }, 'DELIVERY_NOTE_INVALID'],
    [
      'a chip id in small letters',
      { ...testNote('N-2', 1), blanks: [{ serial: 'B-7777', chipId: '00000000000000ab' }] },
      'DELIVERY_NOTE_INVALID',
    ],
    [
      'keystrokes in a serial',
      { ...testNote('N-2', 1), blanks: [{ serial: 'B-7777\n', chipId: testChipId(902) }] },
      'DELIVERY_NOTE_INVALID',
    ],
    ['an unknown field', { ...testNote('N-2', 1, 100), vault: true }, 'DELIVERY_NOTE_INVALID'],
    ['no object', 'N-2', 'DELIVERY_NOTE_INVALID'],
  ])('refuses %s whole', async (_name, note, code) => {
    const before = await received();
    for (let twice = 0; twice < 2; twice++) await expect(receive(note)).rejects.toMatchObject({ code });
    expect(await received()).toBe(before);
    expect(await store.db.selectFrom('deliveries').select('delivery_note').where('delivery_note', '=', 'N-2').execute()).toEqual([]);
  });
});

describe('the ledger', () => {
  const move = async (serial: string, from: Account, to: Account) =>
    await withTransaction(
      store.db,
      async (trx) =>
        await moveBlank(trx, store.ids, { serial, from, to, cardId: null, reason: to === 'spoiled' ? 'CHIP_TORN' : null, who: 'test' }),
    );

  it('of eight movers of one blank each sees it moved, and it is moved once (B2)', async () => {
    await Promise.all(Array.from({ length: 8 }, async () => await move(testSerial(1), 'vault', 'line').catch(() => undefined)));
    const moves = await store.db.selectFrom('stock_moves').selectAll().where('serial', '=', testSerial(1)).execute();
    expect(moves).toHaveLength(2);
    expect(await balance(store.db)).toMatchObject({ vault: 4, line: 1, balanced: true });
  });

  it('balances under any moves that anybody asks for, possible or not, from four at once (B1, B5, B8)', async () => {
    await receive(testNote('N-3', 40, 200));
    const ACCOUNTS = ['received', 'vault', 'line', 'good', 'spoiled', 'destroyed'] as const;
    const ask = fc.record({ n: fc.integer({ min: 200, max: 243 }), from: fc.constantFrom(...ACCOUNTS), to: fc.constantFrom(...ACCOUNTS) });
    // What the ledger should say, kept beside it: a serial's place and the arrows there are.
    const ARROWS = new Set(['vault line', 'line good', 'line spoiled', 'good spoiled', 'spoiled destroyed']);
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { minLength: 4, maxLength: 40 }), async (asks) => {
        for (let i = 0; i < asks.length; i += 4) {
          await Promise.allSettled(asks.slice(i, i + 4).map(async ({ n, from, to }) => await move(testSerial(n), from, to)));
        }
        const books = await balance(store.db);
        expect(books).toMatchObject({ received: 45, balanced: true, differences: [] });
        const histories = await store.db
          .selectFrom('stock_moves')
          .select(['serial', 'from_account', 'to_account'])
          .orderBy('move_id')
          .execute();
        const places = new Map<string, string>();
        for (const row of histories) {
          if (row.from_account === 'received') expect(places.has(row.serial)).toBe(false);
          else {
            expect(places.get(row.serial)).toBe(row.from_account);
            expect(ARROWS).toContain(`${row.from_account} ${row.to_account}`);
          }
          places.set(row.serial, row.to_account);
        }
        const count = (account: string) => [...places.values()].filter((place) => place === account).length;
        expect(books).toMatchObject({
          vault: count('vault'),
          line: count('line'),
          good: count('good'),
          spoiled: count('spoiled'),
          destroyed: count('destroyed'),
        });
        expect(await yieldOf(store)).toMatchObject({ good: count('good'), spoiled: count('spoiled') + count('destroyed') });
      }),
      { numRuns: 25, verbose: fc.VerbosityLevel.Verbose, seed: Number(process.env['SEED'] ?? Date.now() % 2 ** 31) },
    );
    const books = await balance(store.db);
    expect(books.vault).toBeLessThan(45);
  });

  it('names the serial when two piles of equal count were swapped behind its back (B5)', async () => {
    const vaulted = await store.db.selectFrom('blanks').select('serial').where('place', '=', 'vault').limit(1).executeTakeFirstOrThrow();
    const elsewhere = await store.db.selectFrom('blanks').select('serial').where('place', '!=', 'vault').limit(1).executeTakeFirstOrThrow();
    // Only who owns the table can do this: the trigger is taken away first.
    await sql`alter table blanks disable trigger blanks_identity`.execute(store.db);
    await sql`update blanks b set place = (select o.place from blanks o where o.serial = case b.serial when ${vaulted.serial} then ${elsewhere.serial} else ${vaulted.serial} end)
      where serial in (${vaulted.serial}, ${elsewhere.serial})`.execute(store.db);
    await sql`alter table blanks enable trigger blanks_identity`.execute(store.db);
    const books = await balance(store.db);
    expect(books.balanced).toBe(false);
    expect([...new Set(books.differences)].sort((a, b) => (a < b ? -1 : 1))).toEqual(
      [vaulted.serial, elsewhere.serial].sort((a, b) => (a < b ? -1 : 1)),
    );
  });
});
