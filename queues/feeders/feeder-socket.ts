import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { chmod, rm } from 'node:fs/promises';
import { isCodedError } from '#encoder/bytes';
import { FeederError, isFeederErrorCode } from './feeder-error.ts';
import type { Feeder, Place } from './feeder.ts';
import type { VirtualFeeder } from './virtual-feeder.ts';

/**
 * The virtual machine behind a unix socket, as a real one is behind a cable: one JSON request a movement. Images travel as
 * base64. The client is the `Feeder` that the line and the inspector are handed.
 */
export interface MachineFeeder extends Feeder {
  impress(serial: string, faces: { readonly front: Uint8Array; readonly back: Uint8Array }): Promise<void>;
  load(serials: readonly string[]): Promise<void>;
}

const BODY_BYTES_MAX = 32 * 1024 * 1024;
const ANSWER_MS_MAX = 20_000;

type Arguments = Readonly<Record<string, unknown>>;
type Handler = (args: Arguments) => Promise<unknown>;

function handlers(feeder: VirtualFeeder): Readonly<Record<string, Handler>> {
  return {
    at: (args) => feeder.at(place(args, 'place')),
    find: (args) => feeder.find(text(args, 'serial')),
    presentBlank: (args) => feeder.presentBlank(place(args, 'seat')),
    carry: (args) => feeder.carry(text(args, 'serial'), place(args, 'to')),
    reseat: (args) => feeder.reseat(place(args, 'seat')),
    photograph: async (args) => {
      const faces = await feeder.photograph(place(args, 'place'));
      return { front: toBase64(faces.front), back: toBase64(faces.back) };
    },
    impress: (args) => feeder.impress(text(args, 'serial'), { front: bytes(args, 'front'), back: bytes(args, 'back') }),
    load: (args) => feeder.load(texts(args, 'serials')),
  };
}

/** Serves the machine; `more` adds requests of the process that owns it (the chip maker's). */
export async function serveFeeder(
  socketPath: string,
  feeder: VirtualFeeder,
  more: Readonly<Record<string, Handler>> = {},
): Promise<Server> {
  const table = { ...handlers(feeder), ...more };
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      try {
        const name = (incoming.url ?? '/').slice(1);
        const handler = Object.hasOwn(table, name) ? table[name] : undefined;
        if (handler === undefined) throw new FeederError('FEEDER_REQUEST_INVALID', { where: name.slice(0, 40) });
        const result = await handler(JSON.parse(await readBody(incoming)) as Arguments);
        outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? null));
      } catch (error) {
        const body = isCodedError(error) ? error.toJSON() : { code: 'FEEDER_REQUEST_INVALID' };
        outgoing.writeHead(409, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }
    })();
  });
  await rm(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
  return server;
}

/** The machine as its users see it. */
export function connectFeeder(socketPath: string): MachineFeeder {
  const call = (name: string, args: Arguments): Promise<unknown> => callMachine(socketPath, name, args);
  return {
    at: async (where) => (await call('at', { place: where })) as string | null,
    find: async (serial) => (await call('find', { serial })) as Place | null,
    presentBlank: async (seat) => (await call('presentBlank', { seat })) as { serial: string; fresh: boolean } | null,
    carry: async (serial, to) => void (await call('carry', { serial, to })),
    reseat: async (seat) => void (await call('reseat', { seat })),
    photograph: async (where) => {
      const faces = (await call('photograph', { place: where })) as { front: string | null; back: string | null };
      return { front: fromBase64(faces.front), back: fromBase64(faces.back) };
    },
    impress: async (serial, faces) => void (await call('impress', { serial, front: toBase64(faces.front), back: toBase64(faces.back) })),
    load: async (serials) => void (await call('load', { serials })),
  };
}

/** One request to the machine's socket. Errors: the machine's own codes, or FEEDER_UNREACHABLE. */
export async function callMachine(socketPath: string, name: string, args: Arguments): Promise<unknown> {
  const { status, body } = await post(socketPath, name, JSON.stringify(args));
  const answer = JSON.parse(body) as unknown;
  if (status === 200) return answer;
  const refused = answer as { code?: string; where?: string; detail?: string };
  const code = refused.code !== undefined && isFeederErrorCode(refused.code) ? refused.code : 'FEEDER_REQUEST_INVALID';
  throw new FeederError(code, {
    ...(refused.where === undefined ? {} : { where: refused.where }),
    ...(refused.detail === undefined ? {} : { detail: refused.detail }),
  });
}

function post(socketPath: string, name: string, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, path: `/${name}`, method: 'POST', headers: { 'content-type': 'application/json' }, timeout: ANSWER_MS_MAX },
      (incoming) => {
        readBody(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, body: text }), reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', (cause) => reject(new FeederError('FEEDER_UNREACHABLE', { where: name, cause })));
    outgoing.end(body);
  });
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new FeederError('FEEDER_REQUEST_INVALID', { detail: `more than ${BODY_BYTES_MAX} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function text(args: Arguments, key: string): string {
  const value = args[key];
  if (typeof value !== 'string') throw new FeederError('FEEDER_REQUEST_INVALID', { where: key });
  return value;
}

function texts(args: Arguments, key: string): readonly string[] {
  const value = args[key];
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string')) {
    throw new FeederError('FEEDER_REQUEST_INVALID', { where: key });
  }
  return value;
}

function place(args: Arguments, key: string): Place {
  const value = text(args, key);
  if (!/^(stack|printer|buffer|good|reject|encode:\d+|inspect:\d+)$/.test(value))
    throw new FeederError('FEEDER_REQUEST_INVALID', { where: key });
  return value as Place;
}

function bytes(args: Arguments, key: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text(args, key), 'base64'));
}

function toBase64(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value).toString('base64');
}

function fromBase64(value: string | null): Uint8Array | null {
  return value === null ? null : Uint8Array.from(Buffer.from(value, 'base64'));
}
