import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

import { Type } from '@fastify/type-provider-typebox';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CodedError } from '#encoder/bytes';
import { createLogger, silentLogger } from '#production/logging';

import type { Identity } from '#production/access';
import { createServer, type Api, type Room, type ServerOptions } from './server.ts';

const OPERATOR = 'operator-token-0123456789abcdef';
const PROVINCE = 'province-token-0123456789abcdef';
const IDENTITIES: ReadonlyMap<string, Identity> = new Map([
  [OPERATOR, { personId: 'op-one', roles: ['operator'], provinceCode: null }],
  [PROVINCE, { personId: 'prov-one', roles: ['province'], provinceCode: '001' }],
]);

class SampleError extends CodedError<'SAMPLE_CONFLICT' | 'SAMPLE_UNLISTED'> {
  constructor(code: 'SAMPLE_CONFLICT' | 'SAMPLE_UNLISTED', detail: string) {
    const meaning = { what: { vi: 'mẫu', en: 'sample' }, todo: { vi: 'thử', en: 'try' } };
    super({ SAMPLE_CONFLICT: meaning, SAMPLE_UNLISTED: meaning }, code, { detail });
  }
}

let effects: unknown[];
const sample: Room = {
  name: 'sample',
  statuses: { SAMPLE_CONFLICT: 409 },
  routes(api) {
    const Thing = Type.Object(
      { name: Type.String({ maxLength: 40 }), count: Type.Optional(Type.Integer({ minimum: 1 })), on: Type.Optional(Type.Boolean()) },
      { additionalProperties: false },
    );
    const Answer = { response: { 200: Type.Object({ ok: Type.Boolean() }) } };
    api.route({
      method: 'POST',
      url: '/v1/things',
      config: { access: ['operator'] },
      schema: { body: Thing, ...Answer },
      handler: async (request) => {
        effects.push(request.body);
        // Beyond the schema: must not leave.
        return { ok: true, fullName: 'Nguyễn Thị Canary' };
      },
    });
    api.post('/v1/things/start', { config: { access: ['operator'] }, schema: Answer }, async () => {
      effects.push('start');
      return { ok: true };
    });
    api.route({
      method: 'GET',
      url: '/v1/things/:id',
      config: { access: ['operator', 'province'] },
      schema: {
        params: Type.Object({ id: Type.String({ pattern: '^[a-z]{1,20}$' }) }, { additionalProperties: false }),
        querystring: Type.Object({ state: Type.Optional(Type.String({ pattern: '^[A-Z]+$' })) }, { additionalProperties: false }),
        ...Answer,
      },
      handler: async (request) => {
        if (request.params.id === 'conflict') throw new SampleError('SAMPLE_CONFLICT', 'two');
        if (request.params.id === 'unlisted') throw new SampleError('SAMPLE_UNLISTED', 'secret detail');
        if (request.params.id === 'crash') throw new TypeError('secret: Nguyễn Thị Canary 001099012345');
        return { ok: true };
      },
    });
  },
};

function options(more: Partial<ServerOptions> = {}): ServerOptions {
  return { log: silentLogger, rooms: [sample], version: '0', authenticate: async (token) => IDENTITIES.get(token) ?? null, ...more };
}

let api: Api;
beforeEach(async () => {
  effects = [];
  api = await createServer(options());
});
afterEach(async () => {
  await api.close();
});

type Headers = Readonly<Record<string, string>>;
const asOperator: Headers = { authorization: `Bearer ${OPERATOR}` };
const json: Headers = { ...asOperator, 'content-type': 'application/json' };

async function post(
  payload: string | Buffer,
  headers: Headers = json,
  url = '/v1/things',
): Promise<{ status: number; body: Record<string, unknown>; text: string }> {
  const answer = await api.inject({ method: 'POST', url, payload, headers });
  return { status: answer.statusCode, body: answer.json(), text: answer.body };
}

describe('bad-input §5.1: the body', () => {
  test.each<[string, string | Buffer, Headers, number, string, string?]>([
    ['over the limit', JSON.stringify({ name: 'x'.repeat(70_000) }), json, 413, 'BODY_TOO_LARGE'],
    ['no Content-Type', '{"name":"a"}', asOperator, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'Content-Type with a stray semicolon',
      '{"name":"a"}',
      { ...json, 'content-type': 'application/json;' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'Content-Type with a charset',
      '{"name":"a"}',
      { ...json, 'content-type': 'application/json; charset=utf-8' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'Content-Type with a tab (CVE-2026-25223)',
      '{"name":"a"}',
      { ...json, 'content-type': 'application/json\t' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['Content-Type in capitals', '{"name":"a"}', { ...json, 'content-type': 'Application/JSON' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['another +json', '{"name":"a"}', { ...json, 'content-type': 'application/merge-patch+json' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', 'name=a', { ...json, 'content-type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['multipart', 'x', { ...json, 'content-type': 'multipart/form-data; boundary=x' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['gzip', '{"name":"a"}', { ...json, 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['no body', '', json, 400, 'BODY_MISSING'],
    ['not JSON', 'name: a', json, 400, 'JSON_SYNTAX', '@0'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), json, 400, 'JSON_NOT_UTF8', '@2'],
    ['a duplicate key', '{"name":"a","name":"b"}', json, 400, 'JSON_DUPLICATE_KEY', 'name @12'],
    ['__proto__', '{"name":"a","__proto__":{}}', json, 400, 'JSON_FORBIDDEN_KEY'],
    ['an unknown field', '{"name":"a","status":"SHIPPED"}', json, 400, 'FIELD_UNKNOWN', 'body.status'],
    ['an unknown field that looks like data', '{"name":"a","Nguyễn Thị Canary":1}', json, 400, 'FIELD_UNKNOWN', 'body.‹key of 17›'],
    ['a missing field', '{}', json, 400, 'FIELD_MISSING', 'body.name'],
    ['a number for a string', '{"name":1}', json, 400, 'FIELD_TYPE', 'body.name'],
    ['a string for a number', '{"name":"a","count":"2"}', json, 400, 'FIELD_TYPE', 'body.count'],
    ['"true" for true', '{"name":"a","on":"true"}', json, 400, 'FIELD_TYPE', 'body.on'],
    ['null', '{"name":null}', json, 400, 'FIELD_TYPE', 'body.name'],
    ['an array around it', '[{"name":"a"}]', json, 400, 'FIELD_TYPE', 'body'],
    ['a scalar for the array', '"a"', json, 400, 'FIELD_TYPE', 'body'],
    ['a number that loses digits', '{"name":"a","count":1.0000000000000001}', json, 400, 'NUMBER_NOT_EXACT', 'count @20'],
    ['a value out of range', '{"name":"a","count":0}', json, 400, 'FIELD_INVALID', 'body.count'],
    ['a string too long', JSON.stringify({ name: 'Nguyễn Thị Canary '.repeat(9) }), json, 400, 'FIELD_INVALID', 'body.name'],
  ])('%s', async (_name, payload, headers, status, code, field) => {
    const first = await post(payload, headers);
    expect({ status: first.status, code: first.body['code'] }).toEqual({ status, code });
    if (field !== undefined) expect(first.body['field']).toBe(field);
    expect(first.text).not.toContain('Canary');
    expect(effects).toEqual([]);
    const second = await post(payload, headers);
    expect({ ...second.body, correlationId: '' }).toEqual({ ...first.body, correlationId: '' });
  });

  test('a body where none is taken', async () => {
    expect(await post('{}', json, '/v1/things/start')).toMatchObject({ status: 400, body: { code: 'BODY_UNEXPECTED' } });
    expect(effects).toEqual([]);
    expect((await api.inject({ method: 'POST', url: '/v1/things/start', headers: asOperator })).statusCode).toBe(200);
  });

  test('what is right goes through unchanged, and only the answer’s own fields come out', async () => {
    const answer = await post('{"name":"Nguyễn","count":3}');
    expect(answer).toMatchObject({ status: 200, text: '{"ok":true}' });
    expect(effects).toEqual([{ name: 'Nguyễn', count: 3 }]);
  });
});

describe('bad-input §5.1: path and query', () => {
  test.each<[string, string, number, string]>([
    ['unknown path', '/v1/nothing', 404, 'NOT_FOUND'],
    ['unknown method on a known path', '/v1/things', 404, 'NOT_FOUND'],
    ['encoded slash', '/v1/things/a%2fb', 400, 'PATH_INVALID'],
    ['semicolon', '/v1/things/a;b=c', 400, 'PATH_INVALID'],
    ['NUL', '/v1/things/a%00', 400, 'PATH_INVALID'],
    ['broken percent sign', '/v1/things/a%zz', 400, 'PATH_INVALID'],
    ['double encoding', '/v1/things/%252e', 400, 'PATH_INVALID'],
    ['bad UTF-8 in the path', '/v1/things/%ff', 400, 'PATH_INVALID'],
    ['an id of another shape', '/v1/things/001099012345', 400, 'FIELD_INVALID'],
    ['an id without end', `/v1/things/${'a'.repeat(500)}`, 400, 'PATH_INVALID'],
    ['duplicate parameter', '/v1/things/a?state=A&state=B', 400, 'PARAM_DUPLICATE'],
    ['array pollution', '/v1/things/a?state[]=A', 400, 'FIELD_UNKNOWN'],
    ['unknown parameter', '/v1/things/a?limit=1', 400, 'FIELD_UNKNOWN'],
    ['bad parameter', '/v1/things/a?state=a', 400, 'FIELD_INVALID'],
    ['NUL in a parameter', '/v1/things/a?state=%00', 400, 'FIELD_INVALID'],
    ['bad UTF-8 in a parameter', '/v1/things/a?state=%ff', 400, 'FIELD_INVALID'],
  ])('%s', async (_name, url, status, code) => {
    const first = await api.inject({ url, headers: asOperator });
    expect({ status: first.statusCode, code: first.json<{ code: string }>().code }).toEqual({ status, code });
    expect(first.body).not.toContain('001099012345');
    const second = await api.inject({ url, headers: asOperator });
    expect(second.statusCode).toBe(status);
  });
});

describe('bad-input §5.2: tokens and roles', () => {
  test.each<[string, Headers, number, string]>([
    ['no token', {}, 401, 'TOKEN_INVALID'],
    ['nobody’s token', { authorization: 'Bearer nobodys-token-0123456789abcdef' }, 401, 'TOKEN_INVALID'],
    ['Basic', { authorization: 'Basic b3A6b25l' }, 401, 'TOKEN_INVALID'],
    ['a token with spaces', { authorization: `Bearer ${OPERATOR} x` }, 401, 'TOKEN_INVALID'],
    ['an empty token', { authorization: 'Bearer ' }, 401, 'TOKEN_INVALID'],
    ['a megabyte of token', { authorization: `Bearer ${'a'.repeat(10_000)}` }, 401, 'TOKEN_INVALID'],
    ['another role', { authorization: `Bearer ${PROVINCE}` }, 403, 'FORBIDDEN'],
  ])('%s', async (_name, headers, status, code) => {
    const answer = await post('{"name":"a"}', { ...headers, 'content-type': 'application/json' });
    expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
    expect(effects).toEqual([]);
  });

  test('who may not is told so before the body is read', async () => {
    expect(await post('not json', { 'content-type': 'text/plain' })).toMatchObject({ status: 401 });
  });

  test('the boot fails on a route without roles, without an answer schema, or with an open body', async () => {
    const careless: Room = {
      name: 'careless',
      statuses: {},
      routes(scope) {
        scope.get('/v1/open', async () => ({}));
        scope.post(
          '/v1/wide',
          { config: { access: ['operator'] }, schema: { body: Type.Object({ a: Type.Object({}) }) } },
          async () => ({}),
        );
      },
    };
    const server = await createServer(options({ rooms: [careless] }));
    await expect(server.ready()).rejects.toThrow(
      /GET \/v1\/open: no access declared[^]*GET \/v1\/open: the answer has no schema[^]*POST \/v1\/wide: body: additionalProperties is not false/u,
    );
  });

  test('two rooms cannot disagree on a code', async () => {
    await expect(createServer(options({ rooms: [sample, { ...sample, statuses: { SAMPLE_CONFLICT: 422 } }] }))).rejects.toThrow(
      'SAMPLE_CONFLICT has two statuses',
    );
  });
});

describe('RFC 9457: problems', () => {
  test('a room’s code has the status of its table, and both languages', async () => {
    const answer = await api.inject({ url: '/v1/things/conflict', headers: { ...asOperator, 'accept-language': 'en-GB,vi' } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({
      type: 'urn:cardmint:problem:SAMPLE_CONFLICT',
      title: 'sample',
      status: 409,
      code: 'SAMPLE_CONFLICT',
      detail: 'two',
      hint: 'try',
      messages: { vi: { title: 'mẫu', hint: 'thử' }, en: { title: 'sample', hint: 'try' } },
    });
  });

  test.each(['crash', 'unlisted'])('5xx says nothing but the correlation id: %s', async (id) => {
    const answer = await api.inject({ url: `/v1/things/${id}`, headers: { ...asOperator, 'x-correlation-id': 'my-correlation-1' } });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'INTERNAL', correlationId: 'my-correlation-1' });
    expect(answer.body).not.toMatch(/secret|Canary|SAMPLE|TypeError|\.ts/u);
  });

  test.each<[string, string]>([
    ['too short', 'abc'],
    ['a line break', 'abcdefgh%0d%0aX: y'],
    ['twelve digits', '001099012345'],
    ['a kilobyte', 'a'.repeat(1000)],
  ])('a correlation id that is none is replaced: %s', async (_name, given) => {
    const answer = await api.inject({ url: '/v1/nothing', headers: { 'x-correlation-id': given } });
    expect(answer.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/u);
  });
});

test('invariant A4: the log holds the route’s pattern and the code, nothing that was sent', async () => {
  const lines: string[] = [];
  const log = createLogger({ process: 'api', plantDir: '/nonexistent', destination: { write: (line: string) => void lines.push(line) } });
  const server = await createServer(options({ log }));
  await server.inject({ method: 'POST', url: '/v1/things', payload: '{"name":"Nguyễn Thị Canary","cccd":"001099012345"}', headers: json });
  await server.inject({ url: '/v1/things/001099012345?state=Canary', headers: { ...asOperator, 'user-agent': 'Canary\u001b[31m' } });
  await server.inject({ url: '/v1/things/crash', headers: asOperator });
  await server.close();
  const text = lines.join('');
  expect(lines.length).toBeGreaterThanOrEqual(5);
  expect(text).toContain('"route":"/v1/things/:id"');
  expect(text).toContain('FIELD_UNKNOWN');
  for (const canary of ['Canary', '001099012345', OPERATOR, 'Nguyễn']) expect(text).not.toContain(canary);
});

describe('a server on a real socket', () => {
  async function raw(server: Api, request: string, keepOpen = false): Promise<string> {
    const { port } = server.server.address() as AddressInfo;
    return await new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(request);
        if (!keepOpen) socket.end();
      });
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  }

  test('bytes that are not HTTP', async () => {
    await api.listen({ port: 0, host: '127.0.0.1' });
    expect(await raw(api, 'GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 REQUEST_INVALID[^]*application\/problem\+json/u);
  });

  test('headers without end', async () => {
    await api.listen({ port: 0, host: '127.0.0.1' });
    expect(await raw(api, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 HEADERS_TOO_LARGE/u);
  });

  test.each(['/v1/../v1/things/a', '/v1/things/%2e%2e', '/v1//things/a', '//evil.example/v1/things/a', 'http://evil.example/v1/things/a'])(
    'a target that a client library would have straightened: %s',
    async (target) => {
      await api.listen({ port: 0, host: '127.0.0.1' });
      const answer = await raw(api, `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${OPERATOR}\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*PATH_INVALID/u);
    },
  );

  test('a body that never comes', async () => {
    const server = await createServer(options({ timeouts: { requestMs: 300 } }));
    try {
      await server.listen({ port: 0, host: '127.0.0.1' });
      const head = `POST /v1/things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${OPERATOR}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
      expect(await raw(server, head, true)).toMatch(/^HTTP\/1\.1 408 [^]*REQUEST_TIMEOUT/u);
    } finally {
      await server.close();
    }
  });
});

test('OpenAPI 3.1 names every route with its roles and its problems', async () => {
  const document = (await api.inject('/docs/json')).json<{
    openapi: string;
    paths: Record<string, Record<string, { description?: string; responses: object }>>;
  }>();
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/v1/things', '/v1/things/{id}', '/v1/things/start']));
  expect(document.paths['/v1/things']?.['post']?.description).toContain('operator');
  expect(Object.keys(document.paths['/v1/things']?.['post']?.responses ?? {})).toContain('4XX');
  const page = await api.inject('/docs/');
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
});
