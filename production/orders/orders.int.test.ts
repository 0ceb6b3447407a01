import { createDecipheriv, createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '#encoder/bytes';
import { verifyAudit } from '#production/audit';
import { furnishTestPlant } from '#production/batches';
import { createCardLedger, setLineMode } from '#production/cards';
import { createCardRecords } from '#production/records';
import { startTestStore, withTransaction, type TestStore } from '#production/store';
import { findOrder, prepareOrder, takeOrders, type IntakeDeps, type LintFinding, type PrepareDeps } from './index.ts';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await furnishTestPlant(store, 3);
});
afterAll(async () => {
  await store?.stop();
});

/** Stands for the token: seals and opens under one key that the database never sees. Real AES-GCM, bound to its context. */
const boxKey = randomBytes(32);
const sealBox = (_recipients: readonly Uint8Array[], plaintext: Uint8Array, context: string) => {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', boxKey, iv).setAAD(Buffer.from(context));
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
};
const signer = {
  publicMaterial: async () =>
    ({ recordKeys: [{ token: 'a', publicKey: new Uint8Array(91) }] }) as unknown as Awaited<
      ReturnType<IntakeDeps['signer']['publicMaterial']>
    >,
  citizenReference: async (number: string) => createHmac('sha256', boxKey).update(number).digest('hex').slice(0, 32),
  openRecordKey: async (sealed: Uint8Array, context: string) => {
    const box = Buffer.from(sealed);
    const decipher = createDecipheriv('aes-256-gcm', boxKey, box.subarray(0, 12))
      .setAAD(Buffer.from(context))
      .setAuthTag(box.subarray(-16));
    return Secret.takeOver(Uint8Array.from(Buffer.concat([decipher.update(box.subarray(12, -16)), decipher.final()])));
  },
};
const intake = (): IntakeDeps => ({ ...store, signer, sealBox, profile: 'cccd-2021' });
const lint = (record: { readonly placeOfResidence: string }): readonly LintFinding[] =>
  record.placeOfResidence === ''
    ? [{ code: 'RESIDENCE_MISSING', refuses: true, field: 'placeOfResidence', message: { vi: 'Thiếu nơi thường trú', en: 'no residence' } }]
    : [];
const prepare = (): PrepareDeps => ({ ...store, signer, lintRecord: lint, fitFaces: () => [] });

let serial = 0;
const image = (mark: string) => Buffer.from(`${mark}-${randomBytes(400).toString('hex')}`).toString('base64');
function order(change: Record<string, unknown> = {}, citizen: Record<string, unknown> = {}) {
  serial++;
  return {
    orderId: `t-${serial}`,
    dossierNumber: `01.00004-26-${String(serial).padStart(6, '0')}`,
    requestType: 'FIRST_ISSUANCE',
    priority: 5,
    dueDate: '2026-12-01',
    deliveryOffice: '01.00004',
    citizen: {
      personalNumber: `00119${String(1_000_000 + serial)}`,
      fullName: 'Nguyễn Thị Ước',
      dateOfBirth: '1990-02-15',
      sex: 'female',
      nationality: 'VNM',
      ethnicity: 'Kinh',
      religion: 'Không',
      placeOfOrigin: 'Phúc Xá, Ba Đình, Hà Nội',
      placeOfResidence: 'Số 1 Phố Mẫu, Ba Đình, Hà Nội',
      personalMarks: 'Nốt ruồi c:1cm dưới mắt trái',
      father: 'Nguyễn Văn An',
      mother: null,
      spouses: [],
      oldIdentityNumber: '012345678',
      dateOfIssue: '2026-11-21',
      dateOfExpiry: '2030-02-15',
      portrait: image('portrait'),
      leftIndexFinger: image('left'),
      rightIndexFinger: image('right'),
      ...citizen,
    },
    ...change,
  };
}
const file = (...orders: readonly unknown[]) => ({ format: 'cardmint-orders/1', orders });
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const take = async (bytes: Uint8Array) => await takeOrders(intake(), { source: { bytes }, who: 'registry' });
const counts = async () => {
  const { rows } = await sql<
    Record<string, number>
  >`select (select count(*) from orders) as orders, (select count(*) from sealed_records) as records,
    (select count(*) from outbox) as outbox, (select count(*) from audit_entries) as audit`.execute(store.db);
  return rows[0];
};

describe('a bad order file is refused whole (bad-input §5.1, §5.3)', () => {
  let before: unknown;
  beforeEach(async () => {
    before = await counts();
  });

  const good = JSON.stringify(file(order()));
  const text = (change: (json: string) => string) => new TextEncoder().encode(change(good));
  const cases: readonly (readonly [string, () => Uint8Array, string, string?])[] = [
    ['not JSON', () => text((json) => json.slice(0, -3)), 'JSON_SYNTAX'],
    ['not UTF-8', () => Buffer.from(good.replace('Kinh', 'K\u00ffnh'), 'latin1'), 'JSON_NOT_UTF8'],
    ['a duplicate key', () => text((json) => json.replace('"priority":5', '"priority":5,"priority":6')), 'JSON_DUPLICATE_KEY'],
    ['a number that is not exact', () => text((json) => json.replace('"priority":5', '"priority":5.0000000000000001')), 'NUMBER_NOT_EXACT'],
    ['__proto__', () => text((json) => json.replace('"priority":5', '"priority":5,"__proto__":{}')), 'JSON_FORBIDDEN_KEY'],
    ['an unknown field of the order', () => bytesOf(file(order({ state: 'LINTED' }))), 'FIELD_UNKNOWN', '/orders/0/state'],
    ['an unknown field of the citizen', () => bytesOf(file(order(), order({}, { mrz: 'x' }))), 'FIELD_UNKNOWN', '/orders/1/citizen/mrz'],
    ['a value where a key belongs', () => bytesOf(file(order({ '001190000123': 1 }))), 'FIELD_UNKNOWN', '/orders/0/?'],
    ['a missing field', () => bytesOf(file({ ...order(), dueDate: undefined })), 'FIELD_MISSING', '/orders/0/dueDate'],
    [
      'a number as a number',
      () => bytesOf(file(order({}, { personalNumber: 1190000123 }))),
      'FIELD_TYPE',
      '/orders/0/citizen/personalNumber',
    ],
    [
      'full-width digits',
      () => bytesOf(file(order({}, { personalNumber: '００１１９００００１２３' }))),
      'PERSONAL_ID_FORMAT',
      '/orders/0/citizen/personalNumber',
    ],
    ['11 digits', () => bytesOf(file(order({}, { personalNumber: '00119000012' }))), 'PERSONAL_ID_FORMAT'],
    ['another format', () => bytesOf({ ...file(order()), format: 'cardmint-orders/2' }), 'FIELD_INVALID', '/format'],
    ['no order', () => bytesOf(file()), 'FIELD_INVALID', '/orders'],
    ['30 February', () => bytesOf(file(order({ dueDate: '2026-02-30' }))), 'DATE_INVALID', '/orders/0/dueDate'],
    [
      'base64 with a line break',
      () => bytesOf(file(order({}, { portrait: `${image('x').slice(0, 8)}\n${image('x')}` }))),
      'IMAGE_NOT_BASE64',
      '/orders/0/citizen/portrait',
    ],
    ['base64url', () => bytesOf(file(order({}, { leftIndexFinger: '_-_-' }))), 'IMAGE_NOT_BASE64', '/orders/0/citizen/leftIndexFinger'],
    [
      'an office nobody knows',
      () => bytesOf(file(order(), order({ deliveryOffice: '99.00001' }))),
      'DELIVERY_OFFICE_UNKNOWN',
      '/orders/1/deliveryOffice',
    ],
    [
      'the same id twice',
      () => bytesOf(file(order({ orderId: 'twice' }), order({ orderId: 'twice' }))),
      'ORDER_ID_REPEATED',
      '/orders/1/orderId',
    ],
    [
      'an id that names the citizen',
      () => bytesOf(file(order({ orderId: 'x-001190000123' }, { personalNumber: '001190000123' }))),
      'ORDER_ID_PERSONAL',
      '/orders/0/orderId',
    ],
  ];
  it.each(cases.map(([name, bytes, code, where]) => ({ name, bytes, code, where })))('$name', async ({ bytes, code, where }) => {
    for (let twice = 0; twice < 2; twice++) {
      const error: unknown = await take(bytes()).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code, ...(where === undefined ? {} : { where }) });
      expect(JSON.stringify(error)).not.toMatch(/\d{9,}|Nguyễn/);
    }
    expect(await counts()).toEqual(before);
  });

  it('too large', async () => {
    const bytes = bytesOf(file(order()));
    const limits = { bytesMax: bytes.length - 1, json: { depthMax: 6, keysMax: 1000, stringMax: 100_000 } };
    await expect(takeOrders(intake(), { source: { bytes, limits }, who: 'registry' })).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(await counts()).toEqual(before);
  });

  it('an id seen before with another body: refused with everything beside it', async () => {
    const first = order();
    await take(bytesOf(file(first)));
    const stored = await counts();
    await expect(take(bytesOf(file(order(), { ...first, priority: 6 })))).rejects.toMatchObject({
      code: 'ORDER_ID_CONFLICT',
      where: '/orders/1/orderId',
    });
    expect(await counts()).toEqual(stored);
  });
});

describe('the same order again is the same order', () => {
  it('whatever the order of its keys, one after the other or eight at once', async () => {
    const one = order();
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await take(bytesOf(file(one)))));
    expect(new Set(answers.flat().map((answer) => answer.orderKey)).size).toBe(1);
    expect(answers.flat().filter((answer) => !answer.replayed)).toHaveLength(1);
    const reversed = Object.fromEntries(Object.entries(one).reverse());
    const [again] = await takeOrders(intake(), { source: { file: file(reversed, order()) }, who: 'registry' });
    expect(again).toEqual({ orderId: one.orderId, orderKey: answers[0]?.[0]?.orderKey, replayed: true });
  });

  it('eight bodies under one id at once: one is taken, seven are refused', async () => {
    const orderId = 'contested';
    const answers = await Promise.allSettled(Array.from({ length: 8 }, async () => await take(bytesOf(file(order({ orderId }))))));
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'ORDER_ID_CONFLICT' });
  });
});

describe('lint', () => {
  const keyOf = async (one: unknown) => (await take(bytesOf(file(one))))[0]?.orderKey ?? '';

  it('refuses with the reason and without a card, warns and makes a card, and decides once', async () => {
    const poor = order({}, { placeOfResidence: '' });
    const refused = await prepareOrder(prepare(), await keyOf(poor));
    expect(refused).toMatchObject({ outcome: 'REFUSED', findings: [{ code: 'RESIDENCE_MISSING', refuses: true }] });
    expect(await findOrder(store, poor.orderId)).toMatchObject({ state: 'REFUSED', cards: [] });
    const elsewhere = order({ deliveryOffice: '24.07210' });
    const key = await keyOf(elsewhere);
    const made = await prepareOrder(prepare(), key);
    expect(made).toMatchObject({ outcome: 'LINTED', warnings: [{ code: 'NUMBER_PREFIX_ELSEWHERE', refuses: false }] });
    expect(await prepareOrder(prepare(), key)).toEqual({ outcome: 'ALREADY' });
    expect(await findOrder(store, elsewhere.orderId)).toMatchObject({ state: 'LINTED', cards: [{ state: 'LINTED' }] });
  });

  it('of two orders for one citizen the earlier one stands, whichever is looked at first, also at once (C1)', async () => {
    const personalNumber = '001195000111';
    const keys: string[] = [];
    for (let i = 0; i < 4; i++) keys.push(await keyOf(order({}, { personalNumber })));
    const outcomes = await Promise.all(keys.reverse().map(async (key) => await prepareOrder(prepare(), key)));
    expect(outcomes.map((outcome) => outcome.outcome)).toEqual(['REFUSED', 'REFUSED', 'REFUSED', 'LINTED']);
    expect(outcomes[0]).toMatchObject({ findings: [{ code: 'DUPLICATE_PERSON' }] });
  });

  it('the record that a station opens is the one that was ordered, for as long as its claim holds (C4)', async () => {
    const one = order();
    const made = await prepareOrder(prepare(), await keyOf(one));
    const cardId = made.outcome === 'LINTED' ? made.cardId : '';
    await sql`insert into batches (batch_id, province_code, state, content_hash, created_by, created_at, changed_at)
      values ('bat-1', '01', 'RELEASED', sha256(''), 'x', now(), now())`.execute(store.db);
    await sql`update cards set state = 'RELEASED', batch_id = 'bat-1' where card_id = ${cardId}`.execute(store.db);
    await setLineMode(store, { line: 'line-1', mode: 'running', who: 'operator-an' });
    const claimed = await createCardLedger(store, { line: 'line-1' }).claim({ cardId, station: 'encode', owner: 'line' });
    if (typeof claimed === 'string') throw new Error(claimed);
    const records = createCardRecords({ ...store, signer });
    const record = await records.open(claimed.claim);
    expect({ ...record, portrait: '', leftIndexFinger: '', rightIndexFinger: '' }).toEqual({
      ...one.citizen,
      portrait: '',
      leftIndexFinger: '',
      rightIndexFinger: '',
    });
    expect(Buffer.from(record.portrait).toString('base64')).toBe(one.citizen.portrait);
    await expect(records.open({ ...claimed.claim, fence: 0 })).rejects.toMatchObject({ code: 'FENCE_LOST' });
  });

  it('a sealed record that was moved to another order does not open', async () => {
    const [a, b] = [await keyOf(order()), await keyOf(order())];
    await expect(
      withTransaction(store.db, async (trx) => {
        await sql`delete from sealed_records where order_key = ${b}`.execute(trx);
        await sql`insert into sealed_records select ${b}, sealed_key, iv, ciphertext, tag from sealed_records where order_key = ${a}`.execute(
          trx,
        );
        const moved = { ...prepare(), db: trx };
        return await prepareOrder(moved, b);
      }),
    ).rejects.toThrow(/RECORD_UNREADABLE|unable to authenticate/i);
  });
});

describe('personal data at rest (invariant A4)', () => {
  it('no personal number, name, dossier number or image stands in clear in the database directory, WAL included', async () => {
    const canaries = Array.from({ length: 5 }, () =>
      order({}, { fullName: 'Đặng Thị Quỳnh Hương Canary', placeOfResidence: 'Canary Lane' }),
    );
    await take(bytesOf(file(...canaries)));
    for (const one of canaries) await prepareOrder(prepare(), (await findOrder(store, one.orderId))?.orderKey ?? '');
    await sql`checkpoint`.execute(store.db).catch(() => undefined);
    const needles = canaries.flatMap((one) => [
      one.citizen.personalNumber,
      one.dossierNumber,
      one.citizen.portrait.slice(4, 40),
      Buffer.from(one.citizen.portrait, 'base64').subarray(9, 40),
    ]);
    needles.push('Quỳnh Hương Canary', 'Canary Lane');
    // The hunt must be able to find: what is known to be stored in clear is found.
    const control = canaries[0]?.orderId ?? '';
    let found = 0;
    let files = 0;
    const root = (await readdir(store.folder, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
    for (const entry of root) {
      const bytes = await readFile(join(entry.parentPath, entry.name)).catch(() => null);
      if (bytes === null) continue;
      files++;
      if (bytes.includes(control)) found++;
      for (const needle of needles) expect(bytes.includes(needle), `${entry.name} holds a personal value`).toBe(false);
    }
    expect(files).toBeGreaterThan(500);
    expect(found).toBeGreaterThan(0);
    expect(root.some((entry) => entry.parentPath.endsWith('pg_wal'))).toBe(true);
  });

  it('the audit chain holds', async () => {
    expect(await verifyAudit(store.db)).toMatchObject({ intact: true });
  });
});
