import { createHash, timingSafeEqual } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { Value } from 'typebox/value';
import { isCodedError } from '#encoder/bytes';
import type { Logger } from '#production/logging';
import { asStoreError } from '#production/store';
import type { SignerClientIdentity } from './contract.ts';
import { SignerError } from './signer-error.ts';
import { REQUESTS, type RequestName, type RequestOf } from './wire.ts';

export type Answers = {
  readonly [N in RequestName]: (request: RequestOf<N>, caller: SignerClientIdentity) => Promise<Readonly<Record<string, unknown>>>;
};

export interface SignerServerOptions {
  readonly answers: Answers;
  /** Each caller's token; compared as hashes, in constant time. */
  readonly identities: Readonly<Record<SignerClientIdentity, string>>;
  readonly log: Logger;
}

/** 128 bits in hex, at the least. */
const TOKEN_CHARS_MIN = 32;
const BODY_BYTES_MAX = 24 * 1024 * 1024;

/**
 * The signer's small API on its own unix socket. Who asks is known by its token; what it may ask is one list
 * (`wire.ts`). An answer to one caller is for one card; nothing is listed and nothing is browsed.
 */
export async function serveSigner(socketPath: string, options: SignerServerOptions): Promise<FastifyInstance> {
  for (const [identity, token] of Object.entries(options.identities)) {
    // A token that was lost in the making would let in everybody who shows none.
    if (token.length < TOKEN_CHARS_MIN) throw new SignerError('SIGNER_REFUSED', { where: identity, detail: 'the token file is not whole' });
  }
  const server = Fastify({ logger: false, bodyLimit: BODY_BYTES_MAX, requestTimeout: 30_000 });
  server.post('/v1/:name', async (request, reply) => {
    const name = (request.params as { name: string }).name;
    const caller = identify(request.headers.authorization, options.identities);
    if (caller === null) return refuse(reply, 401, new SignerError('SIGNER_REFUSED', { where: name.slice(0, 40) }));
    if (!Object.hasOwn(REQUESTS, name)) return refuse(reply, 404, new SignerError('SIGNER_REQUEST_INVALID', { detail: 'unknown request' }));
    const row = REQUESTS[name as RequestName];
    if (!(row.callers as readonly string[]).includes(caller)) {
      options.log.warn({ event: 'signer_refused', client: caller, operation: name }, 'a process asked what it may not ask');
      return refuse(reply, 403, new SignerError('SIGNER_REFUSED', { where: name }));
    }
    if (!Value.Check(row.schema, request.body)) return refuse(reply, 400, new SignerError('SIGNER_REQUEST_INVALID', { where: name }));
    try {
      const answer = options.answers[name as RequestName] as (body: unknown, who: SignerClientIdentity) => Promise<unknown>;
      return await answer(request.body, caller);
    } catch (thrown) {
      const error = asStoreError(thrown);
      options.log.error({ event: 'signer_failed', client: caller, operation: name, err: error }, 'a request was not answered');
      return refuse(reply, 409, isCodedError(error) ? error : new SignerError('SIGNATURE_FAILED', { where: name }));
    }
  });
  await rm(socketPath, { force: true });
  await server.listen({ path: socketPath });
  await chmod(socketPath, 0o600);
  return server;
}

interface Replies {
  code(status: number): { send(body: unknown): unknown };
}

function refuse(reply: Replies, status: number, error: { toJSON(): unknown }): unknown {
  return reply.code(status).send(error.toJSON());
}

function identify(header: string | undefined, identities: Readonly<Record<SignerClientIdentity, string>>): SignerClientIdentity | null {
  const shown = sha256(header?.startsWith('Bearer ') === true ? header.slice('Bearer '.length) : '');
  let found: SignerClientIdentity | null = null;
  for (const [identity, token] of Object.entries(identities) as [SignerClientIdentity, string][]) {
    if (timingSafeEqual(shown, sha256(token))) found = identity;
  }
  return found;
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
