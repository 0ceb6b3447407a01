import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { JsonError, parseStrictJson } from '#production/http';
import { ConfigError } from './config-error.ts';

const Path = Type.String({ minLength: 1, maxLength: 400 });
const Host = Type.String({ minLength: 1, maxLength: 253 });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const Province = Type.String({ pattern: '^[0-9]{2}$' });
const strict = { additionalProperties: false } as const;

const Person = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z][a-z0-9-]{1,39}$' }),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    roles: Type.Array(Type.Enum(['operator', 'quality', 'province', 'registry', 'auditor']), { minItems: 1, maxItems: 5 }),
    province: Type.Optional(Province),
  },
  strict,
);

/** The file. Whatever is left out has its default; a service that is left out is embedded. */
const ConfigFile = Type.Object(
  {
    plantDir: Path,
    plantName: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    profile: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,39}$' })),
    recovery: Type.Optional(Type.Enum(['auto', 'authorised'])),
    api: Type.Optional(Type.Object({ port: Port }, strict)),
    line: Type.Optional(
      Type.Object(
        {
          name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }),
          seats: Type.Object(
            { encode: Type.Integer({ minimum: 1, maximum: 14 }), inspect: Type.Integer({ minimum: 1, maximum: 14 }) },
            strict,
          ),
          leaseSeconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 3600 })),
        },
        strict,
      ),
    ),
    postgres: Type.Optional(
      Type.Object(
        { host: Host, port: Port, user: Type.String({ minLength: 1 }), database: Type.String({ minLength: 1 }), passwordFile: Path },
        strict,
      ),
    ),
    redis: Type.Optional(
      Type.Union([
        Type.Object({ path: Path, passwordFile: Type.Optional(Path) }, strict),
        Type.Object({ host: Host, port: Port, passwordFile: Type.Optional(Path) }, strict),
      ]),
    ),
    pcscd: Type.Optional(
      Type.Object(
        {
          csockName: Path,
          seats: Type.Array(
            Type.Object(
              {
                place: Type.String({ pattern: '^(encode|inspect):[1-9][0-9]?$' }),
                readerName: Type.String({ minLength: 1 }),
                /** Where this reader, a slot of vpcd, waits for a virtual card: there is no other feeder yet. */
                vpcdPort: Port,
              },
              strict,
            ),
            { minItems: 2, maxItems: 16 },
          ),
        },
        strict,
      ),
    ),
    /** Line tokens: two at least, so that one may die. Their keys were made by your own ceremony. */
    tokens: Type.Optional(
      Type.Array(
        Type.Object(
          {
            /** Part of the holder reference of its inspection system, which has nine places. */
            name: Type.String({ pattern: '^[a-z][a-z0-9]{0,6}$' }),
            module: Path,
            tokenLabel: Type.String({ minLength: 1, maxLength: 32 }),
            pinFile: Path,
            conf: Type.Optional(Path),
          },
          strict,
        ),
        { minItems: 2, maxItems: 8 },
      ),
    ),
    people: Type.Array(Person, { minItems: 2, maxItems: 500 }),
    offices: Type.Array(
      Type.Object({ code: Type.String({ pattern: '^[0-9]{2}\\.[0-9]{5}$' }), name: Type.String({ minLength: 1, maxLength: 100 }) }, strict),
      { minItems: 1, maxItems: 10_000 },
    ),
    /** How long a doorbell that was rung stays in the outbox, for a person who asks when it rang. */
    outboxHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 8760 })),
    boxCardsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  },
  strict,
);
type ConfigFile = Static<typeof ConfigFile>;

type Deep<T> = { readonly [K in keyof T]: T[K] extends object ? Deep<T[K]> : T[K] };

/** Parsed once at boot, frozen. Paths are absolute; null means that the embedded plant provides the service. Secrets are paths of files. */
export type Config = Deep<{
  plantDir: string;
  plantName: string;
  profile: string;
  /** After a restart of the whole plant: go on (`auto`), or hold until an operator resumes (`authorised`). */
  recovery: 'auto' | 'authorised';
  api: { port: number };
  line: { name: string; seats: { encode: number; inspect: number }; leaseSeconds: number };
  postgres: NonNullable<ConfigFile['postgres']> | null;
  redis: NonNullable<ConfigFile['redis']> | null;
  pcscd: NonNullable<ConfigFile['pcscd']> | null;
  tokens: NonNullable<ConfigFile['tokens']> | null;
  people: ConfigFile['people'];
  offices: ConfigFile['offices'];
  outboxHours: number;
  boxCardsMax: number;
}>;

const check = Compile(ConfigFile);

/**
 * Reads the file at `path`, or else the one that `CARDMINT_CONFIG` names: what was typed is nearer than what was exported. Relative paths in it start at its folder.
 * Errors: every code of `ConfigError`; `where` is the path of the field, e.g. `/people/1/roles`.
 */
export function loadConfig(options: { readonly env: Readonly<Record<string, string | undefined>>; readonly path?: string }): Config {
  const path = options.path ?? options.env['CARDMINT_CONFIG'];
  if (path === undefined) throw new ConfigError('CONFIG_NOT_FOUND', { where: 'CARDMINT_CONFIG' });
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new ConfigError('CONFIG_NOT_FOUND', { where: path, cause });
  }
  try {
    return parseConfig(parseStrictJson(bytes, { depthMax: 8, keysMax: 50_000, stringMax: 4096 }), dirname(resolve(path)));
  } catch (cause) {
    if (cause instanceof JsonError) {
      throw new ConfigError('CONFIG_NOT_JSON', { where: path, detail: `${cause.code} ${cause.where ?? ''}`.trim(), cause });
    }
    throw cause;
  }
}

/** The same for a value that is at hand; `folder` is where relative paths start. */
export function parseConfig(value: unknown, folder: string): Config {
  if (!check.Check(value)) throw refusalOf(check.Errors(value));
  const at = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  const config: Config = {
    plantDir: at(value.plantDir),
    plantName: value.plantName ?? 'Trung tâm sản xuất thẻ căn cước',
    profile: value.profile ?? 'cccd-2021-specimen',
    recovery: value.recovery ?? 'authorised',
    api: { port: value.api?.port ?? 7100 },
    line: {
      name: value.line?.name ?? 'line-1',
      seats: value.line?.seats ?? { encode: 4, inspect: 2 },
      leaseSeconds: value.line?.leaseSeconds ?? 60,
    },
    postgres: value.postgres === undefined ? null : { ...value.postgres, passwordFile: at(value.postgres.passwordFile) },
    redis: value.redis === undefined ? null : redisAt(value.redis, at),
    pcscd: value.pcscd === undefined ? null : { ...value.pcscd, csockName: at(value.pcscd.csockName) },
    tokens:
      value.tokens?.map((token) => ({
        ...token,
        pinFile: at(token.pinFile),
        ...(token.conf === undefined ? {} : { conf: at(token.conf) }),
      })) ?? null,
    people: value.people,
    offices: value.offices,
    outboxHours: value.outboxHours ?? 24,
    boxCardsMax: value.boxCardsMax ?? 100,
  };
  refusePeople(config);
  refuseOffices(config);
  if (config.line.seats.encode + config.line.seats.inspect > 16) {
    // pcsc-lite before 2.5 knows 16 readers (stack-pitfalls §7.2).
    throw new ConfigError('CONFIG_FIELD_INVALID', { where: '/line/seats', detail: 'more than 16 readers' });
  }
  if (config.postgres !== null) refuseOpenSecret(config.postgres.passwordFile, '/postgres/passwordFile');
  if (config.redis?.passwordFile !== undefined) refuseOpenSecret(config.redis.passwordFile, '/redis/passwordFile');
  refuseTokens(config);
  return deepFreeze(config);
}

function redisAt(redis: NonNullable<ConfigFile['redis']>, at: (path: string) => string): NonNullable<Config['redis']> {
  const password = redis.passwordFile === undefined ? {} : { passwordFile: at(redis.passwordFile) };
  return 'path' in redis ? { path: at(redis.path), ...password } : { host: redis.host, port: redis.port, ...password };
}

function refuseTokens({ tokens }: Config): void {
  for (const [index, token] of (tokens ?? []).entries()) {
    refuseOpenSecret(token.pinFile, `/tokens/${index}/pinFile`);
    const first = tokens?.findIndex(({ name }) => name === token.name);
    if (first !== index)
      throw new ConfigError('CONFIG_FIELD_INVALID', { where: `/tokens/${index}/name`, detail: 'two tokens of one name' });
  }
}

function refusePeople(config: Config): void {
  const seen = new Set<string>();
  for (const [i, person] of config.people.entries()) {
    const where = `/people/${i}`;
    if (seen.has(person.id)) throw new ConfigError('CONFIG_FIELD_INVALID', { where: `${where}/id`, detail: 'the same id twice' });
    seen.add(person.id);
    if (person.roles.includes('province') !== (person.province !== undefined)) {
      throw new ConfigError('CONFIG_FIELD_INVALID', { where: `${where}/province`, detail: 'a province for exactly the role province' });
    }
  }
  if (config.people.filter((person) => person.roles.includes('operator')).length < 2) {
    throw new ConfigError('CONFIG_FIELD_INVALID', { where: '/people', detail: 'a batch is released by two operators: name at least two' });
  }
}

function refuseOffices(config: Config): void {
  const seen = new Set<string>();
  for (const [i, office] of config.offices.entries()) {
    const where = `/offices/${i}/code`;
    if (seen.has(office.code)) throw new ConfigError('CONFIG_FIELD_INVALID', { where, detail: 'the same code twice' });
    seen.add(office.code);
  }
}

function refuseOpenSecret(path: string, where: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || (found.mode & 0o077) !== 0)
    throw new ConfigError('CONFIG_SECRET_FILE', { where, detail: path });
}

type SchemaError = ReturnType<typeof check.Errors>[number];

function refusalOf(errors: readonly SchemaError[]): ConfigError {
  const unknown = errors.find((error) => error.keyword === 'additionalProperties');
  if (unknown?.keyword === 'additionalProperties') {
    return new ConfigError('CONFIG_FIELD_UNKNOWN', { where: `${unknown.instancePath}/${unknown.params.additionalProperties[0] ?? ''}` });
  }
  const missing = errors.find((error) => error.keyword === 'required');
  if (missing?.keyword === 'required') {
    return new ConfigError('CONFIG_FIELD_MISSING', { where: `${missing.instancePath}/${missing.params.requiredProperties[0] ?? ''}` });
  }
  const first = errors[0];
  return new ConfigError('CONFIG_FIELD_INVALID', {
    where: first === undefined || first.instancePath === '' ? '/' : first.instancePath,
    ...(first === undefined ? {} : { detail: first.message }),
  });
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value) as unknown[]) if (typeof part === 'object' && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
