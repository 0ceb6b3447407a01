import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';

import { fastify, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';

import type { Logger } from '#production/logging';

import type { Identity } from '#production/access';
import { checkRoutes, readsBody } from './boot-check.ts';
import { addDocs } from './docs.ts';
import { HttpError } from '#production/access';
import { languageOf, problemOf, PROBLEM_MEDIA_TYPE } from './problem.ts';
import { refuseOddQuery, refuseOddTarget, validationError } from './request-checks.ts';
import { HTTP_STATUSES, mergeStatuses, type ProblemStatus, type StatusTable } from './statuses.ts';
import { parseStrictJson } from './strict-json.ts';

export type Api = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

/** What a domain room brings to the table: its routes, and the status of each of its error codes. */
export interface Room {
  readonly name: string;
  readonly statuses: StatusTable;
  readonly routes: (api: Api) => void | Promise<void>;
}

export interface ServerOptions {
  readonly log: Logger;
  readonly rooms: readonly Room[];
  /** Null for a token that is nobody's. Never says why. */
  readonly authenticate: (token: string) => Promise<Identity | null>;
  /** An error from below (a driver, a socket) that means "not now": gets its coded form, or undefined when it is none of those. */
  readonly translateError?: (error: unknown) => unknown;
  readonly observe?: Observe;
  readonly timeouts?: Partial<ServerTimeouts>;
  /** Shown at `/docs`. */
  readonly version: string;
}

/** Told of every answer; the route is its pattern. */
export type Observe = (answer: { readonly route: string; readonly status: number; readonly durationMs: number }) => void;

export interface ServerTimeouts {
  /** Headers and body of one request must be here by then. */
  readonly requestMs: number;
  /** A socket on which nothing moves. Event streams beat faster than this. */
  readonly idleMs: number;
}

const TIMEOUTS: ServerTimeouts = { requestMs: 60_000, idleMs: 90_000 };

/** A control request is small; the routes that take files say their own limit. */
const BODY_MAX_BYTES = 64 * 1024;
/** Ids of ours have 30 characters. */
const PARAM_MAX_CHARS = 64;
const HEADERS_MAX_BYTES = 16 * 1024;

/**
 * The server with every door closed that Fastify leaves open: nothing is coerced, dropped or defaulted, JSON is strict, the media
 * type is compared byte by byte, every route names who may call it. Not listening yet: `ready()` runs the boot check, `listen()` too.
 */
export async function createServer(options: ServerOptions): Promise<Api> {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const statuses = mergeStatuses([HTTP_STATUSES, ...options.rooms.map((room) => room.statuses)]);
  const api = fastify({
    // Our own log in the onResponse hook: Fastify's would hold raw URLs and headers.
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: timeouts.requestMs,
    connectionTimeout: timeouts.idleMs,
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    trustProxy: false,
    requestIdHeader: false,
    genReqId: correlationIdOf,
    exposeHeadRoutes: false,
    return503OnClosing: true,
    http: {
      maxHeaderSize: HEADERS_MAX_BYTES,
      connectionsCheckingInterval: Math.min(5000, timeouts.requestMs),
      // Node checks neither while headersTimeout is the larger one, as it is when only Fastify's option is set.
      requestTimeout: timeouts.requestMs,
      headersTimeout: timeouts.requestMs,
    },
    routerOptions: {
      maxParamLength: PARAM_MAX_CHARS,
      // Duplicates are refused before this is read, so that the first is the only one.
      querystringParser: (text) => Object.fromEntries(new URLSearchParams(text)),
    },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false } },
    schemaErrorFormatter: (errors, part) => validationError(errors, part),
    frameworkErrors: (error, request, reply) => {
      const problem = problemOf(error, { statuses, correlationId: request.id, language: languageOf(request.headers['accept-language']) });
      // Fastify types this reply by a route that does not exist yet.
      void (reply as FastifyReply)
        .code(problem.status)
        .type(PROBLEM_MEDIA_TYPE)
        .send(Buffer.from(JSON.stringify(problem)));
    },
    clientErrorHandler(error, socket) {
      if (socket.destroyed || !socket.writable) return;
      socket.end(rawProblem(error, statuses));
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  api.decorateRequest('identity', null);
  const routes: RouteOptions[] = [];
  api.addHook('onRoute', (route) => {
    closeQuery(route);
    routes.push(route);
  });
  api.addHook('onReady', async () => checkRoutes(routes));

  addBodyParser(api);
  addRequestHooks(api, options);
  addAnswers(api, options, statuses);

  await addDocs(api, options.version);
  for (const room of options.rooms) {
    await api.register(async (scope) => {
      await room.routes(scope.withTypeProvider<TypeBoxTypeProvider>());
    });
  }
  return api;
}

/** The caller's own correlation id where it is one, so that both sides' logs meet; else ours (bad-input §5.11). */
function correlationIdOf(request: IncomingMessage): string {
  const given = request.headers['x-correlation-id'];
  // Digits alone could be somebody's number.
  return typeof given === 'string' && /^[A-Za-z0-9-]{8,64}$/u.test(given) && /[A-Za-z]/u.test(given) ? given : randomUUID();
}

/** A route that declares no query takes none. */
function closeQuery(route: RouteOptions): void {
  if (!route.url.startsWith('/v1/')) return;
  route.schema = { querystring: Type.Object({}, { additionalProperties: false }), ...route.schema };
}

function addBodyParser(api: Api): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const bytes = body as Buffer;
      if (bytes.length === 0) throw new HttpError('BODY_MISSING');
      done(null, request.routeOptions.config.rawBody === true ? bytes : parseStrictJson(bytes));
    } catch (error) {
      done(error as Error);
    }
  });
}

function addRequestHooks(api: Api, options: ServerOptions): void {
  api.addHook('onRequest', async (request, reply) => {
    reply.header('x-correlation-id', request.id);
    refuseOddTarget(request.raw.url ?? '');
    refuseOddQuery(request.raw.url ?? '');
    if (request.is404) return;
    await admit(request, options.authenticate);
    checkMediaType(request);
  });
  api.addHook('onResponse', async (request, reply) => {
    // The pattern, never the target: what stands in the target is the caller's.
    const route = request.is404 ? '(none)' : (request.routeOptions.url ?? '(none)');
    const answer = { route, status: reply.statusCode, durationMs: Math.round(reply.elapsedTime) };
    options.observe?.(answer);
    options.log.info({ correlationId: request.id, method: request.method, ...answer, person: request.identity?.personId }, 'request');
  });
}

async function admit(request: FastifyRequest, authenticate: ServerOptions['authenticate']): Promise<void> {
  const access = request.routeOptions.config.access;
  if (access === 'public') return;
  const token = /^Bearer ([A-Za-z0-9._~+/-]{20,512}=*)$/u.exec(request.headers.authorization ?? '')?.[1];
  const identity = token === undefined ? null : await authenticate(token);
  if (identity === null) throw new HttpError('TOKEN_INVALID');
  request.identity = identity;
  if (access === undefined || !identity.roles.some((role) => access.includes(role))) throw new HttpError('FORBIDDEN');
}

function checkMediaType(request: FastifyRequest): void {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  if (headers['content-encoding'] !== undefined) throw new HttpError('UNSUPPORTED_MEDIA_TYPE', { where: 'Content-Encoding' });
  if (!readsBody(request.routeOptions)) {
    if (hasBody) throw new HttpError('BODY_UNEXPECTED');
    return;
  }
  if (!hasBody) throw new HttpError('BODY_MISSING');
  // Byte-equal: parsers disagree on parameters, tabs and case (CVE-2026-25223), so there are none.
  if (headers['content-type'] !== 'application/json') throw new HttpError('UNSUPPORTED_MEDIA_TYPE', { where: 'Content-Type' });
}

function addAnswers(api: Api, options: ServerOptions, statuses: ReadonlyMap<string, ProblemStatus>): void {
  api.setErrorHandler((thrown: unknown, request, reply) => {
    const error = options.translateError?.(thrown) ?? thrown;
    const context = { statuses, correlationId: request.id, language: languageOf(request.headers['accept-language']) };
    let problem = problemOf(error, context);
    if (problem.code === 'BODY_TOO_LARGE') {
      problem = { ...problem, detail: `max ${request.routeOptions.bodyLimit ?? BODY_MAX_BYTES} bytes` };
    }
    const log = { correlationId: request.id, code: problem.code, status: problem.status, person: request.identity?.personId };
    if (problem.status >= 500) options.log.error({ ...log, err: error }, 'the request failed');
    else options.log.info({ ...log, where: problem.field }, 'the request was refused');
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="cardmint"');
    if (problem.status === 503) reply.header('retry-after', '5');
    // An unread body of any length would otherwise be read to its end for nothing.
    if (problem.status === 413 || problem.status === 408) reply.header('connection', 'close');
    reply.header('content-language', context.language);
    return reply
      .code(problem.status)
      .type(PROBLEM_MEDIA_TYPE)
      .send(Buffer.from(JSON.stringify(problem)));
  });
  api.setNotFoundHandler(() => {
    throw new HttpError('NOT_FOUND');
  });
  api.addHook('onSend', async (request, reply, payload) => {
    for (const [name, value] of SECURITY_HEADERS) if (!reply.hasHeader(name)) reply.header(name, value);
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', request.url.startsWith('/docs') ? 'no-cache' : 'no-store');
    return payload;
  });
}

const SECURITY_HEADERS: readonly (readonly [string, string])[] = Object.freeze([
  [
    'content-security-policy',
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'",
  ],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=()'],
]);

/** Before there is a request there is no hook and no reply: the answer is written by hand. */
function rawProblem(error: { readonly code?: string }, statuses: ReadonlyMap<string, ProblemStatus>): string {
  const code =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'REQUEST_TIMEOUT'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 'HEADERS_TOO_LARGE'
        : 'REQUEST_INVALID';
  const problem = problemOf(new HttpError(code), { statuses, correlationId: randomUUID(), language: 'vi' });
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${code}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
