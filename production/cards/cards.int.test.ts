import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '#production/audit';
import { furnishTestPlant, holdBatch, insertTestCard, releaseTestCards, resumeBatch, testChipId, testSerial } from '#production/batches';
import { createInspectionLedger } from '#production/quality';
import { balance } from '#production/stock';
import { startTestStore, type TestStore } from '#production/store';
import { yieldOf } from '#production/yield';
import type { CardState, Claim, ClaimedCard, ClaimRefusal, Station } from '#queues/ports';
import { cardTrace, createCardLedger, createChipJournal, createLineControl, createPrintLedger, leasedTo, setLineMode } from './index.ts';

let store: TestStore;
let nextBlank = 1;
beforeAll(async () => {
  store = await startTestStore();
  await furnishTestPlant(store, 60);
});
afterAll(async () => {
  await store?.stop();
});

const ledger = () => createCardLedger(store, { line: 'line-1' });
const claimOf = (claimed: ClaimedCard | ClaimRefusal): Claim => {
  if (typeof claimed === 'string') throw new Error(claimed);
  return claimed.claim;
};
const claim = async (cardId: string, station: Station = 'encode', owner = `line/${station}:1`) =>
  claimOf(await ledger().claim({ cardId, station, owner }));
const released = async (): Promise<string> => (await releaseTestCards(store, 1)).cardIds[0] ?? '';
const doorbells = async (subject: string) =>
  await store.db
    .selectFrom('outbox')
    .select(['queue', 'job_id', 'priority'])
    .where('job_id', 'like', `${subject}%`)
    .orderBy('outbox_id')
    .execute();

/** Takes a card as far as `to`, the way the steps do. */
async function make(cardId: string, to: CardState): Promise<{ readonly encode: Claim; readonly serial: string }> {
  const cards = ledger();
  const n = nextBlank++;
  const serial = testSerial(n);
  const encode = await claim(cardId);
  expect(await cards.reserveBlank(encode, { serial, seat: 'encode:1' })).toBe('reserved');
  expect(await cards.bindBlank(encode, { serial, chipId: testChipId(n) })).toBe('bound');
  const sodSha256 = createHash('sha256').update(cardId).digest('hex');
  for (const [state, evidence] of [
    ['CHIP_OPENED', {}],
    ['SOD_INTENT', {}],
    ['SOD_SIGNED', { sodSha256 }],
    ['WRITTEN', {}],
    ['LOCKED', {}],
    ['LOCK_VERIFIED', {}],
  ] as const) {
    if (to === 'BLANK_BOUND') return { encode, serial };
    await cards.advance(encode, state, evidence);
    if (state === to) return { encode, serial };
  }
  await cards.release(encode);
  const print = await claim(cardId, 'print');
  const job = await createPrintLedger(store).intend(print, { frontHash: 'f', backHash: 'b' });
  await createPrintLedger(store).outcome(print, job.jobId, 'printed');
  await cards.advance(print, 'PRINTED');
  await cards.release(print);
  if (to === 'PRINTED') return { encode: print, serial };
  const inspect = await claim(cardId, 'inspect');
  await createInspectionLedger(store).file(inspect, { passed: true, reasons: [], report: { verdict: 'passed' } });
  await cards.release(inspect);
  return { encode: inspect, serial };
}

describe('claims (invariants E1, E2)', () => {
  it('one of eight stations gets a card, and the others are told who has it', async () => {
    const cardId = await released();
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => await ledger().claim({ cardId, station: 'encode', owner: `line/encode:${i}` })),
    );
    expect(answers.filter((answer) => typeof answer !== 'string')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'LEASED_BY_ANOTHER')).toHaveLength(7);
  });

  it('what an owner had in hand when it died is known by its lease, until it lets go or the lease ends', async () => {
    const [mine, ended, letGo, another] = [await released(), await released(), await released(), await released()];
    const held = { station: 'encode', owner: 'line/encode:77' } as const;
    for (const cardId of [mine, ended, letGo]) await claim(cardId, held.station, held.owner);
    await claim(another, held.station, 'line/encode:78');
    await ledger().release(await claim(letGo, held.station, held.owner));
    await sql`update cards set lease_until = now() - interval '1 second' where card_id = ${ended}`.execute(store.db);
    expect(await leasedTo(store, held)).toEqual([mine]);
    expect(await leasedTo(store, { station: 'print', owner: held.owner })).toEqual([]);
    await ledger().release(await claim(mine, held.station, held.owner));
    expect(await leasedTo(store, held)).toEqual([]);
  });

  it('the same owner comes back after its death with a greater fence, and the old fence does no harm any more', async () => {
    const cardId = await released();
    const first = await claim(cardId);
    const second = await ledger().claim({ cardId, station: 'encode', owner: 'line/encode:1' });
    expect(second).toMatchObject({ claim: { fence: first.fence + 1 }, attempt: 1 });
    const serial = testSerial(60);
    await expect(ledger().reserveBlank(first, { serial, seat: 'encode:1' })).rejects.toMatchObject({ code: 'FENCE_LOST' });
    await expect(ledger().renew(first)).rejects.toMatchObject({ code: 'FENCE_LOST' });
    await expect(createChipJournal(store).intend(first, { sequence: 1, operation: 'x', hash: 'h' })).rejects.toMatchObject({
      code: 'FENCE_LOST',
    });
    await expect(ledger().spoilCard(first, 'CHIP_REFUSED')).rejects.toMatchObject({ code: 'FENCE_LOST' });
    await ledger().release(first);
    await ledger().renew(claimOf(second));
  });

  it('a lease that ran out is lost to its holder and free for others', async () => {
    const cardId = await released();
    const short = createCardLedger(store, { line: 'line-1', leaseSeconds: 0 });
    const first = claimOf(await short.claim({ cardId, station: 'encode', owner: 'a' }));
    await expect(short.renew(first)).rejects.toMatchObject({ code: 'FENCE_LOST' });
    await expect(short.advance(first, 'CHIP_OPENED')).rejects.toMatchObject({ code: 'FENCE_LOST' });
    expect(await ledger().claim({ cardId, station: 'encode', owner: 'b' })).toMatchObject({ claim: { fence: first.fence + 1 } });
  });

  it('refuses an unknown card, another station, a held batch, a held and a draining line', async () => {
    const { cardIds, batchId } = await releaseTestCards(store, 1);
    const cardId = cardIds[0] ?? '';
    const ask = async (station: Station = 'encode') => await ledger().claim({ cardId, station, owner: 'o' });
    expect(await ledger().claim({ cardId: 'crd-00000000000000000000000000', station: 'encode', owner: 'o' })).toBe('CARD_UNKNOWN');
    expect(await ask('print')).toBe('NOT_THIS_STATION');
    await holdBatch(store, { batchId, who: 'operator-an' });
    expect(await ask()).toBe('BATCH_ON_HOLD');
    await resumeBatch(store, { batchId, who: 'operator-an' });
    expect((await doorbells(cardId)).map((row) => row.job_id)).toEqual([`${cardId}-encode-1`, `${cardId}-encode-2`]);
    for (const mode of ['held', 'draining'] as const) {
      await setLineMode(store, { line: 'line-1', mode, who: 'operator-an' });
      expect(await createLineControl(store, { line: 'line-1' }).mode()).toBe(mode);
      expect(await ask()).toBe('LINE_ON_HOLD');
    }
    await setLineMode(store, { line: 'line-1', mode: 'running', who: 'operator-an' });
    expect(await ask()).toMatchObject({ state: 'RELEASED', batchId, attempt: 0, reservedSerial: null });
  });
});

describe('blanks (invariants B2, C3)', () => {
  it('of eight cards that want one serial, one gets it', async () => {
    const { cardIds } = await releaseTestCards(store, 8);
    const serial = testSerial(59);
    const claims = await Promise.all(cardIds.map(async (cardId) => await claim(cardId, 'encode', `line/${cardId}`)));
    const answers = await Promise.all(claims.map(async (held) => await ledger().reserveBlank(held, { serial, seat: 'encode:1' })));
    expect(answers.filter((answer) => answer === 'reserved')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'BLANK_RESERVED_BY_ANOTHER')).toHaveLength(7);
    const moves = await store.db.selectFrom('stock_moves').select('to_account').where('serial', '=', serial).orderBy('move_id').execute();
    expect(moves.map((move) => move.to_account)).toEqual(['vault', 'line']);
    const holder = claims[answers.indexOf('reserved')];
    expect(await ledger().cardOfSerial(serial)).toEqual({ cardId: holder?.cardId, state: 'RELEASED' });
  });

  it('a blank that is dead on arrival is spoiled, the same card takes the next one', async () => {
    const cards = ledger();
    const held = await claim(await released());
    const [dead, n] = [testSerial(nextBlank++), nextBlank++];
    expect(await cards.reserveBlank(held, { serial: dead, seat: 'encode:1' })).toBe('reserved');
    await cards.spoilBlank(held, { serial: dead, reason: 'CHIP_MUTE_ON_ARRIVAL' });
    await cards.spoilBlank(held, { serial: dead, reason: 'CHIP_MUTE_ON_ARRIVAL' });
    expect(await cards.cardOfSerial(dead)).toBeNull();
    expect(await cards.reserveBlank(held, { serial: dead, seat: 'encode:1' })).toBe('BLANK_NOT_IN_STOCK');
    expect(await cards.reserveBlank(held, { serial: 'B-9999', seat: 'encode:1' })).toBe('BLANK_UNKNOWN');
    expect(await cards.reserveBlank(held, { serial: testSerial(n), seat: 'encode:1' })).toBe('reserved');
    expect(await cards.bindBlank(held, { serial: testSerial(n), chipId: testChipId(n + 1) })).toBe('CHIP_NOT_ON_DELIVERY_NOTE');
    expect(await cards.bindBlank(held, { serial: testSerial(n), chipId: testChipId(n) })).toBe('bound');
    expect(await cards.bindBlank(held, { serial: testSerial(n), chipId: testChipId(n) })).toBe('bound');
    await expect(cards.bindBlank(held, { serial: dead, chipId: testChipId(1) })).rejects.toMatchObject({ code: 'CARD_BLANK_NOT_RESERVED' });
  });

  it('a chip that says another bound chip’s id is refused', async () => {
    const first = await make(await released(), 'BLANK_BOUND');
    const chipId = (await store.db.selectFrom('blanks').select('chip_id').where('serial', '=', first.serial).executeTakeFirstOrThrow())
      .chip_id;
    const held = await claim(await released());
    const serial = testSerial(nextBlank++);
    await ledger().reserveBlank(held, { serial, seat: 'encode:1' });
    expect(await ledger().bindBlank(held, { serial, chipId })).toBe('CHIP_ALREADY_BOUND');
  });

  it('no statement moves a blank, rebinds a card, revives a spoiled one or edits what is append-only', async () => {
    const { encode, serial } = await make(await released(), 'BLANK_BOUND');
    await ledger().spoilCard(encode, 'CHIP_TORN');
    const refused = [
      sql`update blanks set place = 'vault' where serial = ${serial}`,
      sql`update blanks set chip_id = '00000000000000FF' where serial = ${serial}`,
      sql`delete from blanks where serial = ${serial}`,
      sql`update cards set bound_serial = null, chip_id = null where card_id = ${encode.cardId}`,
      sql`update cards set state = 'RELEASED' where card_id = ${encode.cardId}`,
      sql`update cards set fence = 0 where card_id = ${encode.cardId}`,
      sql`delete from cards where card_id = ${encode.cardId}`,
      sql`update card_history set who = 'x'`,
      sql`delete from card_history`,
      sql`truncate stock_moves`,
      sql`update stock_moves set to_account = 'good', from_account = 'line' where serial = ${serial}`,
      sql`delete from audit_entries`,
      sql`update audit_links set hash = hash`,
      sql`update orders set record_hash = sha256('x')`,
    ];
    for (const statement of refused) await expect(statement.execute(store.db)).rejects.toMatchObject({ code: 'CM001' });
    await expect(
      sql`insert into stock_moves (move_key, serial, from_account, to_account, who, at) values ('k', ${serial}, 'line', 'good', 'x', now())`.execute(
        store.db,
      ),
    ).rejects.toMatchObject({ code: 'CM002' });
  });
});

describe('spoil and remake (invariant C2)', () => {
  it('is a line: a new record names the old one, reuses nothing of it, and rings ahead of new work', async () => {
    const cardId = await released();
    const first = await make(cardId, 'SOD_SIGNED');
    const { remake } = await ledger().spoilCard(first.encode, 'CHIP_TORN', { step: 'write' });
    expect(await ledger().spoilCard(first.encode, 'CHIP_TORN')).toEqual({ remake });
    expect(await doorbells(remake)).toEqual([{ queue: 'encode', job_id: `${remake}-encode-1`, priority: 1 }]);
    const second = await make(remake, 'LOCK_VERIFIED');
    // The last step of the seat ended its lease: whoever spoils the card now holds it at the printer.
    await expect(ledger().spoilCard(second.encode, 'CHIP_TORN')).rejects.toMatchObject({ code: 'FENCE_LOST' });
    const { remake: third } = await ledger().spoilCard(await claim(remake, 'print'), 'PRINT_IN_DOUBT');
    const trace = await cardTrace(store, remake);
    expect(trace).toMatchObject({ state: 'SPOILED', supersedes: cardId, supersededBy: third });
    expect((await cardTrace(store, third))?.serial).toBeNull();
    const places = await store.db.selectFrom('blanks').select('place').where('serial', 'in', [first.serial, second.serial]).execute();
    expect(places.map((row) => row.place)).toEqual(['spoiled', 'spoiled']);
    // No branch: a second successor of the first record is refused by the table itself.
    await expect(
      sql`insert into cards select * from jsonb_populate_record((select c from cards c where card_id = ${third}), ${JSON.stringify({ card_id: 'crd-x', supersedes: cardId, citizen_ref: 'f'.repeat(32) })}::jsonb)`.execute(
        store.db,
      ),
    ).rejects.toMatchObject({ code: '23505', constraint: 'cards_supersedes_key' });
  });

  it('a spoiled good card takes its blank out of good', async () => {
    const made = await make(await released(), 'PRINTED');
    const inspect = await claim(made.encode.cardId, 'inspect');
    await createInspectionLedger(store).file(inspect, { passed: false, reasons: ['MRZ_MISMATCH'], report: {} });
    await ledger().spoilCard(inspect, 'INSPECTION_FAILED');
    const { place } = await store.db.selectFrom('blanks').select('place').where('serial', '=', made.serial).executeTakeFirstOrThrow();
    expect(place).toBe('spoiled');
  });
});

describe('one step after the other', () => {
  it('refuses a skipped step, a step that only another ledger gives, and evidence that is missing', async () => {
    const { encode } = await make(await released(), 'BLANK_BOUND');
    const cards = ledger();
    await expect(cards.advance(encode, 'SOD_SIGNED', { sodSha256: 'a'.repeat(64) })).rejects.toMatchObject({
      code: 'CARD_TRANSITION_REFUSED',
    });
    await expect(cards.advance(encode, 'SPOILED')).rejects.toMatchObject({ code: 'CARD_TRANSITION_REFUSED' });
    await cards.advance(encode, 'CHIP_OPENED');
    await cards.advance(encode, 'CHIP_OPENED');
    await cards.advance(encode, 'SOD_INTENT');
    await expect(cards.advance(encode, 'SOD_SIGNED')).rejects.toMatchObject({ code: 'CARD_EVIDENCE_MISSING' });
    await cards.doubt(encode, { where: 'sign' });
    await cards.doubt(encode, { where: 'sign' });
    await expect(cards.advance(encode, 'SOD_SIGNED', { sodSha256: 'a'.repeat(64) })).rejects.toMatchObject({
      code: 'CARD_TRANSITION_REFUSED',
    });
    await cards.resolveDoubt(encode, { answer: 'chip' });
    await expect(cards.resolveDoubt(encode, {})).rejects.toMatchObject({ code: 'CARD_NOT_IN_DOUBT' });
    await cards.advance(encode, 'SOD_SIGNED', { sodSha256: 'a'.repeat(64) });
    const history = (await cardTrace(store, encode.cardId))?.history.map((row) => row.to);
    expect(history).toEqual(
      ['LINTED', 'BATCHED', 'RELEASED', 'BLANK_BOUND', 'CHIP_OPENED', 'SOD_INTENT', 'IN_DOUBT', 'SOD_INTENT', 'SOD_SIGNED'].slice(1),
    );
    const other = await make(await released(), 'SOD_INTENT');
    await expect(cards.advance(other.encode, 'SOD_SIGNED', { sodSha256: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'SOD_REPEATED' });
  });

  it('rings print after the lock, inspect after the print, and pack only for the last card of the batch', async () => {
    const { batchId, cardIds } = await releaseTestCards(store, 3);
    const [a, b, c] = [cardIds[0] ?? '', cardIds[1] ?? '', cardIds[2] ?? ''];
    await make(a, 'INSPECTED');
    const torn = await make(c, 'WRITTEN');
    const { remake } = await ledger().spoilCard(torn.encode, 'CHIP_TORN');
    await make(b, 'INSPECTED');
    expect(await doorbells(batchId)).toEqual([]);
    await make(remake, 'INSPECTED');
    expect((await doorbells(batchId)).map((row) => row.job_id)).toEqual([`${batchId}-pack-1`]);
    expect((await doorbells(a)).map((row) => row.queue)).toEqual(['encode', 'print', 'inspect']);
    expect((await doorbells(remake)).map((row) => row.priority)).toEqual([1, 1, 1]);
  });

  it('of two last cards inspected at the same moment, one rings pack', async () => {
    const { batchId, cardIds } = await releaseTestCards(store, 2);
    const claims: Claim[] = [];
    for (const cardId of cardIds) {
      await make(cardId, 'PRINTED');
      claims.push(await claim(cardId, 'inspect', `inspector/${cardId}`));
    }
    const inspections = createInspectionLedger(store);
    await Promise.all(claims.map(async (held) => await inspections.file(held, { passed: true, reasons: [], report: {} })));
    expect(await doorbells(batchId)).toHaveLength(1);
  });
});

describe('journals', () => {
  it('a chip step is durable before it is sent, the same step again is nothing, another under its number is refused', async () => {
    const { encode } = await make(await released(), 'BLANK_BOUND');
    const journal = createChipJournal(store);
    const step = { sequence: 1, operation: 'storeData', hash: 'aa' };
    await journal.intend(encode, step);
    await journal.intend(encode, step);
    await expect(journal.intend(encode, { ...step, hash: 'bb' })).rejects.toMatchObject({ code: 'JOURNAL_CONFLICT' });
    await journal.outcome(encode, { sequence: 1, result: 'done', statusWord: '9000' });
    await expect(journal.outcome(encode, { sequence: 2, result: 'done' })).rejects.toMatchObject({ code: 'FENCE_LOST' });
  });

  it('a print without outcome, or done, is never printed again', async () => {
    const { encode } = await make(await released(), 'LOCK_VERIFIED');
    await ledger().release(encode);
    const print = await claim(encode.cardId, 'print');
    const prints = createPrintLedger(store);
    const hashes = { frontHash: 'f', backHash: 'b' };
    expect(await prints.find(print)).toBeNull();
    await expect(ledger().advance(print, 'PRINTED')).rejects.toMatchObject({ code: 'CARD_EVIDENCE_MISSING' });
    const job = await prints.intend(print, hashes);
    expect(job.jobId).toBe(`${encode.cardId}-p1`);
    await expect(prints.intend(print, hashes)).rejects.toMatchObject({ code: 'PRINT_ALREADY_INTENDED' });
    await prints.outcome(print, job.jobId, 'nothing_on_face');
    const second = await prints.intend(print, hashes);
    await prints.outcome(print, second.jobId, 'printed');
    await prints.outcome(print, second.jobId, 'printed');
    await expect(prints.outcome(print, second.jobId, 'failed')).rejects.toMatchObject({ code: 'PRINT_OUTCOME_CONFLICT' });
    await expect(prints.intend(print, hashes)).rejects.toMatchObject({ code: 'PRINT_ALREADY_INTENDED' });
    expect(await prints.find(print)).toMatchObject({ jobId: `${encode.cardId}-p2`, outcome: 'printed' });
  });

  it('a public key that any chip ever reported is refused (invariant C8)', async () => {
    const a = await make(await released(), 'CHIP_OPENED');
    const b = await make(await released(), 'CHIP_OPENED');
    const key = (text: string) => new TextEncoder().encode(text);
    const keys = { activeAuthentication: key('aa-1'), chipAuthentication: key('ca-1') };
    expect(await ledger().recordChipKeys(a.encode, keys)).toBe('recorded');
    expect(await ledger().recordChipKeys(a.encode, keys)).toBe('recorded');
    expect(await ledger().recordChipKeys(b.encode, { ...keys, chipAuthentication: key('ca-2') })).toBe('CHIP_KEY_REPEATED');
    expect(await ledger().recordChipKeys(b.encode, { activeAuthentication: key('same'), chipAuthentication: key('same') })).toBe(
      'CHIP_KEY_REPEATED',
    );
  });
});

describe('one living card per citizen (invariant C1)', () => {
  it('of eight records made at once for one citizen, the table takes one', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 8 }, async () => await insertTestCard(store, { citizen: 'one' })));
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ constraint: 'cards_one_in_the_making' });
    }
  });
});

describe('after all of this', () => {
  it('the stock balances, the yield is the ledger’s, the audit chain holds, every state change has its one entry (A1)', async () => {
    const books = await balance(store.db);
    expect(books).toMatchObject({ received: 60, balanced: true, differences: [] });
    const { good, spoiled } = await yieldOf(store);
    expect([good, spoiled]).toEqual([books.good, books.spoiled]);
    expect(await verifyAudit(store.db)).toMatchObject({ intact: true });
    const { rows } = await sql<{ missing: number }>`
      select count(*) as missing from (
        select card_id, to_state, count(*) as n from card_history group by 1, 2) h
      full join (select subject, substr(what, 6) as to_state, count(*) as n from audit_entries where what ~ '^card\\.[A-Z_]+$' group by 1, 2) a
        on a.subject = h.card_id and a.to_state = h.to_state and a.n = h.n
      where h.card_id is null or a.subject is null`.execute(store.db);
    expect(rows[0]?.missing).toBe(0);
  });
});
