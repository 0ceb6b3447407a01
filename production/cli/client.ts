import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { isAlive } from '#production/plant';
import { CliError, EXIT } from './cli-error.ts';
import type { CliIo } from './io.ts';

/** The options that every client command has. */
export interface ClientOptions {
  /** The plant's folder; `var/plant` unless told. */
  readonly plant?: string;
  /** The API's address; from `<plant>/run/api.json` unless told. */
  readonly url?: string;
  readonly tokenFile?: string;
  /** Person whose first-start token is used. */
  readonly as?: string;
  readonly json?: boolean;
}

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

const ANSWER_MS = 120_000;
const DEFAULT_PLANT = 'var/plant';

/** The control API as a command sees it. Every error is a `CliError` with the API's own code and sentences. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** @param role whose first token (`operator-….token`) is read when neither `--as` nor `--token-file` says otherwise */
  static async open(options: ClientOptions, io: CliIo, role: string): Promise<ApiClient> {
    const named = options.plant ?? io.env['CARDMINT_PLANT'];
    const plant = resolve(io.cwd, named ?? DEFAULT_PLANT);
    const url = options.url ?? io.env['CARDMINT_URL'] ?? (await urlOf(plant, named === undefined ? io.bringUpPlant : undefined));
    if (!/^https?:\/\/[^\s/?#]+\/?$/u.test(url))
      throw usage('URL_INVALID', 'địa chỉ API không hợp lệ', 'this is no address of an API', url);
    const file = options.tokenFile ?? (await tokenFileOf(join(plant, 'secrets', 'tokens'), options.as ?? io.env['CARDMINT_PERSON'], role));
    const token = await readFile(resolve(io.cwd, file), 'utf8').catch((cause: unknown) => {
      throw new CliError(
        {
          code: 'TOKEN_FILE_MISSING',
          what: { vi: 'Không đọc được tệp mã truy cập', en: 'the token file cannot be read' },
          todo: { vi: 'Dùng --as NGƯỜI hoặc --token-file TỆP', en: 'use --as PERSON or --token-file FILE' },
          where: file,
        },
        EXIT.usage,
        cause,
      );
    });
    return new ApiClient(url.replace(/\/$/u, ''), token.trim());
  }

  async get<T>(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<T> {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
    return (await (await this.#ask('GET', path + search)).json()) as T;
  }

  async post<T>(path: string, body?: unknown): Promise<T> {
    return (await (await this.#ask('POST', path, body === undefined ? undefined : Buffer.from(JSON.stringify(body)))).json()) as T;
  }

  /** Sends a file's bytes as they are. */
  async postBytes<T>(path: string, bytes: Uint8Array): Promise<T> {
    return (await (await this.#ask('POST', path, bytes)).json()) as T;
  }

  async bytes(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#ask('GET', path)).arrayBuffer());
  }

  /** The event stream until `signal`; comes back by itself when the API does. */
  async *events(signal: AbortSignal, lastId?: string): AsyncGenerator<ServerEvent> {
    let id = lastId;
    while (!signal.aborted) {
      try {
        const answer = await this.#ask('GET', '/v1/events', undefined, { signal, ...(id === undefined ? {} : { lastId: id }) });
        for await (const event of readEvents(answer)) {
          id = event.id ?? id;
          yield event;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof CliError) || error.exitCode !== EXIT.away) throw error;
      }
      await new Promise((wake) => setTimeout(wake, 1000));
    }
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    body?: Uint8Array,
    stream?: { readonly signal: AbortSignal; readonly lastId?: string },
  ): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(`${this.#url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(stream?.lastId === undefined ? {} : { 'last-event-id': stream.lastId }),
        },
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
        redirect: 'error',
        signal: stream?.signal ?? AbortSignal.timeout(ANSWER_MS),
      });
    } catch (cause) {
      throw new CliError(
        {
          code: 'API_UNREACHABLE',
          what: { vi: 'API của nhà máy không trả lời', en: 'the plant’s API does not answer' },
          todo: { vi: 'Chạy `cardmint start`, hoặc chỉ ra --url', en: 'run `cardmint start`, or name --url' },
          where: this.#url,
        },
        EXIT.away,
        cause,
      );
    }
    if (answer.ok) return answer;
    throw await refusal(answer);
  }
}

/** First-start tokens are named by person; a person's id begins with what he is: `operator-an`, `registry`, `province-01`. */
async function tokenFileOf(folder: string, person: string | undefined, role: string): Promise<string> {
  if (person !== undefined) return join(folder, `${person}.token`);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.token')).sort();
  return join(folder, names.find((name) => name.startsWith(role)) ?? `${role}.token`);
}

async function urlOf(plant: string, bringUp?: () => Promise<void>): Promise<string> {
  const file = join(plant, 'run', 'api.json');
  const running = await addressIn(file);
  if (running !== undefined) return running;
  if (bringUp !== undefined) {
    await bringUp();
    const brought = await addressIn(file);
    if (brought !== undefined) return brought;
  }
  throw new CliError(
    {
      code: 'PLANT_NOT_RUNNING',
      what: { vi: 'Không thấy nhà máy đang chạy', en: 'no running plant is to be seen' },
      todo: { vi: 'Chạy `cardmint start`, hoặc chỉ ra --plant hay --url', en: 'run `cardmint start`, or name --plant or --url' },
      where: file,
    },
    EXIT.away,
  );
}

/** An API that was killed leaves its address behind: it counts only while its process runs. */
async function addressIn(file: string): Promise<string | undefined> {
  try {
    const { url, pid } = JSON.parse(await readFile(file, 'utf8')) as { readonly url?: unknown; readonly pid?: unknown };
    if (typeof pid === 'number' && !isAlive(pid)) return undefined;
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}

interface ProblemBody {
  readonly code?: string;
  readonly field?: string;
  readonly detail?: string;
  readonly correlationId?: string;
  readonly messages?: {
    readonly vi: { readonly title: string; readonly hint: string };
    readonly en: { readonly title: string; readonly hint: string };
  };
}

async function refusal(answer: Response): Promise<CliError> {
  const problem = (await answer.json().catch(() => ({}))) as ProblemBody;
  const { status } = answer;
  const exitCode = status === 401 || status === 403 ? EXIT.forbidden : status >= 500 ? EXIT.away : EXIT.refused;
  const fallback = { title: `HTTP ${status}`, hint: '' };
  const { vi, en } = problem.messages ?? { vi: fallback, en: fallback };
  return new CliError(
    {
      code: problem.code ?? `HTTP_${status}`,
      what: { vi: vi.title, en: en.title },
      todo: { vi: vi.hint, en: en.hint },
      ...(problem.field === undefined ? {} : { where: problem.field }),
      ...(problem.detail === undefined ? {} : { detail: problem.detail }),
      ...(problem.correlationId === undefined ? {} : { correlationId: problem.correlationId }),
    },
    exitCode,
  );
}

function usage(code: string, vi: string, en: string, where: string): CliError {
  const todo = { vi: 'Xem `cardmint --help`', en: 'see `cardmint --help`' };
  return new CliError({ code, what: { vi, en }, todo, where }, EXIT.usage);
}

/** HTML Living Standard §9.2.6, as far as our own stream uses it. */
async function* readEvents(answer: Response): AsyncGenerator<ServerEvent> {
  let buffer = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    buffer += decoder.decode(chunk, { stream: true });
    for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
      const fields = new Map(
        buffer
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()] as const),
      );
      buffer = buffer.slice(end + 2);
      const data = fields.get('data');
      if (data !== undefined) yield { id: fields.get('id'), event: fields.get('event') ?? 'message', data: JSON.parse(data) as unknown };
    }
  }
}
