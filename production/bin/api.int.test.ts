import { randomBytes } from 'node:crypto';

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createBatches, insertTestCard, releaseTestCards, testNote, testSerial } from '#production/batches';
import { createLogger } from '#production/logging';
import { newId } from '#production/store';

import { away } from './api-server.ts';
import { driveTestCard, startTestApi, type TestApi } from './testing.ts';

const lines: string[] = [];
let api: TestApi;
beforeAll(async () => {
  const log = createLogger({ process: 'api', plantDir: '/nonexistent', destination: { write: (line) => void lines.push(line) } });
  api = await startTestApi({
    log,
    checks: {
      postgres: async () => void (await sql`select 1`.execute(api.store.db)),
      redis: async () => Promise.reject(away('redis')),
    },
  });
});
afterAll(async () => {
  await api?.stop();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly text: string;
  readonly headers: Headers;
}

async function call(person: string | null, method: string, path: string, body?: unknown): Promise<Answer> {
  const raw = body instanceof Uint8Array || typeof body === 'string';
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      ...(person === null ? {} : { authorization: `Bearer ${api.token(person)}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = /json/u.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {}, text, headers: answer.headers };
}

/** Everything that a refused request must leave alone. */
async function state(): Promise<unknown> {
  const { rows } =
    await sql`select (select count(*) from orders) o, (select count(*) from sealed_records) s, (select count(*) from outbox) x,
    (select count(*) from audit_entries) a, (select count(*) from blanks) b, (select count(*) from batch_approvals) p, (select count(*) from batches) c,
    (select string_agg(state, ',' order by batch_id) from batches) st, (select mode from lines) l`.execute(api.store.db);
  return rows[0];
}

let count = 0;
const CITIZEN = {
  personalNumber: '001190000123',
  fullName: 'Nguyễn Thị Canary',
  placeOfResidence: 'Số 1 Phố Canary, Ba Đình, Hà Nội',
} as const;
const CANARIES = [...Object.values(CITIZEN), 'Canary'];
function order(change: Record<string, unknown> = {}, citizen: Record<string, unknown> = {}): Record<string, unknown> {
  const image = (): string => randomBytes(300).toString('base64');
  return {
    orderId: `api-${++count}`,
    dossierNumber: `01.00004-26-${String(count).padStart(6, '0')}`,
    requestType: 'FIRST_ISSUANCE',
    priority: 5,
    dueDate: '2026-12-01',
    deliveryOffice: '01.00004',
    citizen: {
      ...CITIZEN,
      personalNumber: `00119000${String(1000 + count)}`,
      dateOfBirth: '1990-02-15',
      sex: 'female',
      nationality: 'VNM',
      ethnicity: 'Kinh',
      religion: 'Không',
      placeOfOrigin: 'Phúc Xá, Ba Đình, Hà Nội',
      personalMarks: 'Nốt ruồi',
      father: null,
      mother: null,
      spouses: [],
      oldIdentityNumber: null,
      dateOfIssue: '2026-11-21',
      dateOfExpiry: '2030-02-15',
      portrait: image(),
      leftIndexFinger: image(),
      rightIndexFinger: image(),
      ...citizen,
    },
    ...change,
  };
}
const file = (...orders: readonly unknown[]): string => JSON.stringify({ format: 'cardmint-orders/1', orders });

describe('issue 2, Bad input: an order file is refused whole, with one clear coded error', () => {
  const seen = order();
  beforeAll(async () => {
    expect(await call('registry', 'POST', '/v1/orders', file(seen))).toMatchObject({ status: 202 });
  });

  const cases: readonly (readonly [string, () => string | Uint8Array, number, string])[] = [
    ['not JSON', () => file(order()).slice(0, -2), 400, 'JSON_SYNTAX'],
    ['empty', () => new Uint8Array(), 400, 'BODY_MISSING'],
    ['not UTF-8', () => Buffer.from(file(order()).replace('Kinh', 'K\u00ffnh'), 'latin1'), 400, 'JSON_NOT_UTF8'],
    ['UTF-8 with BOM', () => `\ufeff${file(order())}`, 400, 'JSON_NOT_UTF8'],
    ['duplicate key', () => file(order()).replace('"priority":5', '"priority":5,"priority":1'), 400, 'JSON_DUPLICATE_KEY'],
    ['__proto__', () => file(order()).replace('"priority":5', '"priority":5,"__proto__":{}'), 400, 'JSON_FORBIDDEN_KEY'],
    ['unknown field', () => file(order({ state: 'RELEASED' })), 400, 'FIELD_UNKNOWN'],
    ['unknown field of the citizen', () => file(order({}, { mrz: 'x' })), 400, 'FIELD_UNKNOWN'],
    ['a value in place of a key', () => file(order({ 'Nguyễn Thị Canary': 1 })), 400, 'FIELD_UNKNOWN'],
    ['missing field', () => file({ ...order(), dueDate: undefined }), 400, 'FIELD_MISSING'],
    ['number for a string', () => file(order({}, { personalNumber: 1_190_000_123 })), 400, 'FIELD_TYPE'],
    ['11 digits', () => file(order({}, { personalNumber: '00119000012' })), 422, 'PERSONAL_ID_FORMAT'],
    ['30 February', () => file(order({ dueDate: '2026-02-30' })), 422, 'DATE_INVALID'],
    ['unknown office', () => file(order({ deliveryOffice: '99.99999' })), 422, 'DELIVERY_OFFICE_UNKNOWN'],
    ['an id seen before with another body', () => file(order({ orderId: seen['orderId'] })), 409, 'ORDER_ID_CONFLICT'],
    ['one bad order among good ones', () => file(order(), order(), order({ x: 1 })), 400, 'FIELD_UNKNOWN'],
    ['another format', () => file(order()).replace('cardmint-orders/1', 'cardmint-orders/9'), 400, 'FIELD_INVALID'],
  ];
  test.each(cases)('%s', async (_name, make, status, code) => {
    const bytes = make();
    const before = await state();
    const from = lines.length;
    const first = await call('registry', 'POST', '/v1/orders', bytes);
    expect({ status: first.status, code: first.body['code'] }).toEqual({ status, code });
    expect(first.headers.get('content-type')).toContain('application/problem+json');
    expect(await state()).toEqual(before);
    const second = await call('registry', 'POST', '/v1/orders', bytes);
    expect({ ...second.body, correlationId: '' }).toEqual({ ...first.body, correlationId: '' });
    const told = first.text + lines.slice(from).join('');
    for (const canary of CANARIES) expect(told).not.toContain(canary);
    expect(told).not.toMatch(/001190\d{6}/u);
  });

  test('too large: refused by its length, before it is read', async () => {
    const before = await state();
    const answer = await fetch(`${api.url}/v1/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token('registry')}`, 'content-type': 'application/json' },
      body: new Uint8Array(64 * 1024 * 1024 + 1).fill(0x20),
    }).catch((error: unknown) => error);
    // The server may cut the connection while we still send; what it must not do is take the file.
    if (answer instanceof Response)
      expect({ status: answer.status, code: ((await answer.json()) as { code: string }).code }).toEqual({
        status: 413,
        code: 'BODY_TOO_LARGE',
      });
    else expect(answer).toBeInstanceOf(TypeError);
    expect(await state()).toEqual(before);
  });

  test('the same file again is the same order', async () => {
    const before = await state();
    expect(await call('registry', 'POST', '/v1/orders', file(seen))).toMatchObject({
      status: 202,
      body: { orders: [{ orderId: seen['orderId'], replayed: true }] },
    });
    expect(await state()).toEqual(before);
  });

  test('no personal data comes out again, and none stands in the log', async () => {
    const shown = await call('registry', 'GET', `/v1/orders/${String(seen['orderId'])}`);
    expect(shown).toMatchObject({ status: 200, body: { state: 'ORDERED' } });
    const list = await call('auditor-dung', 'GET', '/v1/orders?limit=10');
    for (const canary of CANARIES) expect(shown.text + list.text + lines.join('')).not.toContain(canary);
  });
});

describe('bad-input §5.10: delivery notes', () => {
  test.each<[string, () => unknown, number, string]>([
    ['no blanks', () => ({ ...testNote('NOTE-X', 1), blanks: [] }), 422, 'DELIVERY_NOTE_INVALID'],
    [
      'a serial twice',
      () => ({ ...testNote('NOTE-X', 1), blanks: [...testNote('NOTE-X', 1, 500).blanks, ...testNote('NOTE-X', 1, 500).blanks] }),
      422,
      'SERIAL_DUPLICATE',
    ],
    ['a serial received before', () => testNote('NOTE-X', 3), 409, 'SERIAL_ALREADY_RECEIVED'],
    ['the same number, other content', () => testNote('NOTE-1', 3, 900), 409, 'DELIVERY_NOTE_CONFLICT'],
    ['an unknown field', () => ({ ...testNote('NOTE-X', 1), price: 1 }), 422, 'DELIVERY_NOTE_INVALID'],
  ])('%s', async (_name, make, status, code) => {
    const before = await state();
    expect(await call('operator-an', 'POST', '/v1/stock/deliveries', make())).toMatchObject({ status, body: { code } });
    expect(await state()).toEqual(before);
  });

  test('received once, answered twice; the books balance', async () => {
    expect(await call('operator-an', 'POST', '/v1/stock/deliveries', testNote('NOTE-2', 4, 300))).toMatchObject({
      status: 201,
      body: { blanks: 4, replayed: false },
    });
    expect(await call('operator-an', 'POST', '/v1/stock/deliveries', testNote('NOTE-2', 4, 300))).toMatchObject({
      status: 200,
      body: { replayed: true },
    });
    expect(await call('operator-an', 'GET', '/v1/stock/balance')).toMatchObject({ body: { received: 24, vault: 24, balanced: true } });
  });
});

describe('invariant D4: every route asks who is there', () => {
  const PERSON: Readonly<Record<string, string>> = {
    operator: 'operator-an',
    quality: 'quality-chi',
    auditor: 'auditor-dung',
    registry: 'registry',
    province: 'hanoi',
  };

  test('the matrix of OpenAPI: every route × every role, and nobody', async () => {
    const document = (await (await fetch(`${api.url}/docs/json`)).json()) as {
      paths: Record<string, Record<string, { description?: string }>>;
    };
    const before = await state();
    let cells = 0;
    for (const [path, methods] of Object.entries(document.paths)) {
      if (!path.startsWith('/v1/')) continue;
      for (const [method, { description }] of Object.entries(methods)) {
        const allowed = /Roles: (.*)\./u.exec(description ?? '')?.[1]?.split(', ') ?? [];
        expect(allowed.length, `${method} ${path}`).toBeGreaterThan(0);
        const target = path.replace('{id}', 'crd-0').replace('{place}', 'encode:1');
        expect(await call(null, method.toUpperCase(), target), `${method} ${path}`).toMatchObject({
          status: 401,
          body: { code: 'TOKEN_INVALID' },
        });
        for (const [role, person] of Object.entries(PERSON)) {
          if (allowed.includes(role)) continue;
          expect(await call(person, method.toUpperCase(), target), `${role} ${method} ${path}`).toMatchObject({
            status: 403,
            body: { code: 'FORBIDDEN' },
          });
          cells++;
        }
      }
    }
    expect(cells).toBeGreaterThan(60);
    expect(await state()).toEqual(before);
  });

  test('a person who left the configuration is shut out, with the same words as nobody', async () => {
    await sql`update people set active = false where person_id = 'quality-chi'`.execute(api.store.db);
    expect(await call('quality-chi', 'GET', '/v1/report')).toMatchObject({ status: 401, body: { code: 'TOKEN_INVALID' } });
    await sql`update people set active = true where person_id = 'quality-chi'`.execute(api.store.db);
  });

  test('a province sees its own consignments once dispatched; another’s does not exist', async () => {
    const make = async (office: string, dispatched: boolean): Promise<string> => {
      const { batchId } = await releaseTestCards(api.store, 1, office);
      const id = newId('shp', api.store.ids);
      const province = office.slice(0, 2);
      await sql`insert into consignments (consignment_id, batch_id, province_code, state, manifest, manifest_hash, signature, csv, pdf, created_at, shipped_at)
        values (${id}, ${batchId}, ${province}, ${dispatched ? 'SHIPPED' : 'PACKED'}, ${Buffer.from(`{"id":"${id}"}`)}, sha256(${Buffer.from(id)}),
        ${Buffer.from([0x30, 0])}, ${Buffer.from('a')}, ${Buffer.from('%PDF')}, now(), ${dispatched ? new Date() : null})`.execute(
        api.store.db,
      );
      return id;
    };
    const mine = await make('01.00004', true);
    const notYet = await make('01.00004', false);
    const others = await make('24.07210', true);
    const ids = async (person: string): Promise<readonly string[]> =>
      ((await call(person, 'GET', '/v1/shipments')).body['shipments'] as { consignmentId: string }[]).map((one) => one.consignmentId);
    expect(await ids('hanoi')).toEqual([mine]);
    expect(await ids('bacninh')).toEqual([others]);
    expect(await ids('operator-an')).toEqual([mine, notYet, others].sort());
    const absent = newId('shp', api.store.ids);
    for (const path of ['', '/manifest.json', '/manifest.p7s', '/manifest.csv', '/manifest.pdf']) {
      expect((await call('hanoi', 'GET', `/v1/shipments/${mine}${path}`)).status).toBe(200);
      const foreign = await call('hanoi', 'GET', `/v1/shipments/${others}${path}`);
      const none = await call('hanoi', 'GET', `/v1/shipments/${absent}${path}`);
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, correlationId: '' }).toEqual({ ...none.body, correlationId: '' });
    }
    const bytes = await call('hanoi', 'GET', `/v1/shipments/${mine}/manifest.json`);
    expect(bytes.text).toBe(`{"id":"${mine}"}`);
    expect(bytes.headers.get('content-disposition')).toBe(`attachment; filename="${mine}-manifest.json"`);
    const receipt = { receipt: Buffer.from('{}').toString('base64'), signature: Buffer.from([0x30, 0]).toString('base64') };
    expect(await call('hanoi', 'POST', `/v1/shipments/${others}/receipt`, receipt)).toMatchObject({ status: 404 });
    expect(await call('hanoi', 'POST', `/v1/shipments/${mine}/receipt`, receipt)).toMatchObject({
      status: 409,
      body: { code: 'PROVINCE_CERTIFICATE_MISSING' },
    });
    expect(await call('hanoi', 'POST', `/v1/shipments/${mine}/receipt`, { ...receipt, signature: '!!' })).toMatchObject({
      status: 400,
      body: { code: 'FIELD_INVALID' },
    });
    expect(await call('hanoi', 'POST', `/v1/shipments/${mine}/receipt`, { ...receipt, more: '' })).toMatchObject({ status: 400 });
  });
});

describe('invariant D2: two persons release a batch', () => {
  test('one approves, the same one is refused, another one releases', async () => {
    await insertTestCard(api.store);
    const [batch] = await createBatches(api.store, { who: 'operator-an' });
    if (batch === undefined) throw new Error('no batch');
    const path = `/v1/batches/${batch.batchId}/release`;
    const body = { contentHash: batch.contentHash };
    expect(await call('operator-an', 'POST', path, { contentHash: '0'.repeat(64) })).toMatchObject({
      status: 409,
      body: { code: 'APPROVAL_STALE' },
    });
    expect(await call('operator-an', 'POST', path, body)).toMatchObject({ status: 200, body: { state: 'AWAITS_SECOND_PERSON' } });
    const before = await state();
    expect(await call('operator-an', 'POST', path, body)).toMatchObject({ status: 409, body: { code: 'DUAL_CONTROL_SAME_PERSON' } });
    expect(await state()).toEqual(before);
    expect(await call('operator-binh', 'POST', path, body)).toMatchObject({
      body: { state: 'RELEASED', approvedBy: ['operator-an', 'operator-binh'] },
    });
    expect(await call('operator-an', 'POST', `/v1/batches/${batch.batchId}/hold`)).toMatchObject({ body: { state: 'HELD' } });
    expect(await call('operator-an', 'POST', `/v1/batches/${batch.batchId}/resume`)).toMatchObject({ body: { state: 'RELEASED' } });
    expect(await call('operator-an', 'POST', '/v1/batches', {})).toMatchObject({ status: 409, body: { code: 'BATCH_EMPTY' } });
  });
});

describe('the line and one card’s trace', () => {
  test('hold, drain, start are logged by name; a seat goes out and in', async () => {
    expect(await call('operator-an', 'POST', '/v1/line/hold')).toMatchObject({ body: { mode: 'held', changedBy: 'operator-an' } });
    expect(await call('operator-binh', 'POST', '/v1/line/start')).toMatchObject({ body: { mode: 'running', changedBy: 'operator-binh' } });
    expect(await call('operator-an', 'POST', '/v1/seats/encode:1/out-of-service')).toMatchObject({
      body: { seats: [{ place: 'encode:1', inService: false }, {}] },
    });
    expect(await call('operator-an', 'POST', '/v1/seats/encode:1/into-service')).toMatchObject({ status: 200 });
    expect(await call('operator-an', 'POST', '/v1/seats/encode:9/into-service')).toMatchObject({ status: 404 });
  });

  test('GET /v1/cards/:id shows every state with its time, the blank and the chip', async () => {
    const { cardIds } = await releaseTestCards(api.store, 1);
    const cardId = cardIds[0] ?? '';
    await driveTestCard(api.store, cardId, { number: 1, serial: testSerial(1) }, 'INSPECTED');
    const { body } = await call('auditor-dung', 'GET', `/v1/cards/${cardId}`);
    expect(body).toMatchObject({
      cardId,
      state: 'INSPECTED',
      serial: 'B-0001',
      supersedes: null,
      attempts: { encode: 1, print: 1, inspect: 1 },
    });
    expect((body['history'] as { to: string; at: string }[]).map((step) => step.to)).toEqual(
      expect.arrayContaining(['RELEASED', 'BLANK_BOUND', 'SOD_SIGNED', 'LOCK_VERIFIED', 'PRINTED', 'INSPECTED']),
    );
    expect((await call('auditor-dung', 'GET', `/v1/cards/crd-${'0'.repeat(26)}`)).status).toBe(404);
    expect(await call('quality-chi', 'GET', '/v1/report')).toMatchObject({
      body: { stock: { good: 1, balanced: true }, yield: { good: 1, spoiled: 0, ratio: 1 } },
    });
    const metrics = await call('operator-an', 'GET', '/metrics');
    expect(metrics.text).toContain('cardmint_cards{state="INSPECTED"} 1');
    expect(metrics.text).toContain('cardmint_stock_balanced 1');
    expect(metrics.text).toMatch(/cardmint_http_seconds_bucket\{le="0.005",route="\/v1\/cards\/:id",status="200"\} \d+/u);
  });
});

describe('the event stream', () => {
  async function listen(lastId: string | null, until: (text: string) => boolean): Promise<string> {
    const stop = new AbortController();
    const answer = await fetch(`${api.url}/v1/events`, {
      headers: { authorization: `Bearer ${api.token('auditor-dung')}`, ...(lastId === null ? {} : { 'last-event-id': lastId }) },
      signal: stop.signal,
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (until(text)) break;
    }
    stop.abort();
    return text;
  }
  const idsOf = (text: string): readonly number[] => [...text.matchAll(/^id: (\d+)\nevent: change/gmu)].map((match) => Number(match[1]));

  test('a change in the database is told, in order, and what was missed is told again', async () => {
    const hearing = listen(null, (text) => text.includes('line.draining') && text.includes('event: seats'));
    // The answer has begun once the server counts it.
    for (;;) {
      const { text } = await call('operator-an', 'GET', '/metrics');
      if (text.includes('cardmint_event_streams 1')) break;
    }
    await call('operator-an', 'POST', '/v1/line/drain');
    const text = await hearing;
    expect(text).toContain('event: hello');
    const ids = idsOf(text);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    const last = ids.at(-1) ?? 0;
    await call('operator-an', 'POST', '/v1/line/start');
    const again = await listen(String(last - 1), (heard) => idsOf(heard).length >= 2);
    expect(idsOf(again)[0]).toBe(last);
    expect(again).toContain('line.running');
    for (const canary of CANARIES) expect(text + again).not.toContain(canary);
  });

  test('an id from another plant’s chain: read the report again', async () => {
    expect(await listen('999999999', (text) => text.includes('event: reset'))).toContain('event: reset');
  });
});

describe('health', () => {
  test('/livez answers, /readyz names each dependency and why', async () => {
    expect(await call(null, 'GET', '/livez')).toMatchObject({ status: 200, body: { ok: true } });
    expect(await call(null, 'GET', '/readyz')).toMatchObject({
      status: 503,
      body: {
        ready: false,
        dependencies: { postgres: { ok: true }, redis: { ok: false, code: 'DEPENDENCY_UNAVAILABLE', where: 'redis' } },
      },
    });
  });

  test('PostgreSQL away: 503 that says so, the process lives, nothing is lost; back: all is well', async () => {
    const before = await state();
    await api.store.postgres.crash();
    const body = file(order());
    const told = await call('registry', 'POST', '/v1/orders', body);
    expect([202, 503]).toContain(told.status);
    if (told.status === 503) expect(told.body['code']).toMatch(/^DATABASE_UNREACHABLE|COMMIT_OUTCOME_UNKNOWN$/u);
    for (let i = 0; ; i++) {
      const again = await call('registry', 'POST', '/v1/orders', body);
      if (again.status === 202) break;
      expect(again.status).toBe(503);
      expect(i).toBeLessThan(200);
      await new Promise((wake) => setTimeout(wake, 50));
    }
    const after = (await state()) as { o: string };
    expect(Number(after.o)).toBe(Number((before as { o: string }).o) + 1);
  });
});

test('5xx under the fuzz of this whole file: none but the ones asked for', () => {
  const failed = lines.filter((line) => line.includes('"status":500'));
  expect(failed).toEqual([]);
});
