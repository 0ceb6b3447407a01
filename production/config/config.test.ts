import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'cardmint-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SMALLEST = {
  plantDir: 'var/plant',
  people: [
    { id: 'operator-an', name: 'An', roles: ['operator'] },
    { id: 'operator-binh', name: 'Bình', roles: ['operator'] },
  ],
  offices: [{ code: '01.00004', name: 'Công an phường Ba Đình' }],
};
const secret = (name: string, mode: number): string => {
  writeFileSync(join(folder, name), 'x', { mode });
  return name;
};
const file = (text: string): string => {
  const path = join(folder, 'cardmint.json');
  writeFileSync(path, text);
  return path;
};

describe('configuration', () => {
  it('fills in defaults, among them that a restart waits for an operator (invariant R1), and is frozen', () => {
    const config = parseConfig(SMALLEST, '/etc/cardmint');
    expect(config).toMatchObject({
      plantDir: '/etc/cardmint/var/plant',
      recovery: 'authorised',
      profile: 'cccd-2021-specimen',
      line: { name: 'line-1', seats: { encode: 4, inspect: 2 }, leaseSeconds: 60 },
      postgres: null,
      redis: null,
      pcscd: null,
      tokens: null,
    });
    expect(Object.isFrozen(config.people[0]?.roles)).toBe(true);
  });

  it('reads the file it is told before the one that CARDMINT_CONFIG names', () => {
    const path = file(JSON.stringify({ ...SMALLEST, recovery: 'auto' }));
    const expected = { recovery: 'auto', plantDir: join(folder, 'var/plant') };
    expect(loadConfig({ env: { CARDMINT_CONFIG: '/nowhere' }, path })).toMatchObject(expected);
    expect(loadConfig({ env: { CARDMINT_CONFIG: path } })).toMatchObject(expected);
    expect(() => loadConfig({ env: {} })).toThrow(expect.objectContaining({ code: 'CONFIG_NOT_FOUND', where: 'CARDMINT_CONFIG' }));
    expect(() => loadConfig({ env: {}, path: '/nowhere' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_NOT_FOUND', where: '/nowhere' }),
    );
  });

  it('takes services of yours, with secrets in files that only their owner can read', () => {
    const postgres = { host: 'db', port: 5432, user: 'cardmint', database: 'cardmint', passwordFile: secret('password', 0o600) };
    expect(parseConfig({ ...SMALLEST, postgres, redis: { host: 'redis', port: 6379 } }, folder)).toMatchObject({
      postgres: { passwordFile: join(folder, 'password') },
      redis: { host: 'redis' },
    });
  });

  it.each([
    ['a typing error', { recovrey: 'auto' }, 'CONFIG_FIELD_UNKNOWN', '/recovrey'],
    [
      'an unknown field further in',
      { line: { name: 'l', seats: { encode: 1, inspect: 1, print: 1 } } },
      'CONFIG_FIELD_UNKNOWN',
      '/line/seats/print',
    ],
    ['a missing field', { offices: undefined }, 'CONFIG_FIELD_MISSING', '/offices'],
    ['another recovery', { recovery: 'always' }, 'CONFIG_FIELD_INVALID', '/recovery'],
    ['a port as text', { api: { port: '7100' } }, 'CONFIG_FIELD_INVALID', '/api/port'],
    ['one operator', { people: [SMALLEST.people[0], { id: 'auditor', name: 'C', roles: ['auditor'] }] }, 'CONFIG_FIELD_INVALID', '/people'],
    ['a person twice', { people: [SMALLEST.people[0], SMALLEST.people[0]] }, 'CONFIG_FIELD_INVALID', '/people/1/id'],
    [
      'a province person without province',
      { people: [...SMALLEST.people, { id: 'hanoi', name: 'H', roles: ['province'] }] },
      'CONFIG_FIELD_INVALID',
      '/people/2/province',
    ],
    ['an office twice', { offices: [SMALLEST.offices[0], SMALLEST.offices[0]] }, 'CONFIG_FIELD_INVALID', '/offices/1/code'],
    ['17 readers', { line: { name: 'l', seats: { encode: 14, inspect: 3 } } }, 'CONFIG_FIELD_INVALID', '/line/seats'],
    [
      'a secret that is not there',
      { tokens: ['a', 'b'].map((name) => ({ name, module: '/usr/lib/p.so', tokenLabel: 't', pinFile: 'nothing' })) },
      'CONFIG_SECRET_FILE',
      '/tokens/0/pinFile',
    ],
    [
      'one line token, which nothing could stand in for',
      { tokens: [{ name: 'a', module: '/usr/lib/p.so', tokenLabel: 't', pinFile: 'nothing' }] },
      'CONFIG_FIELD_INVALID',
      '/tokens',
    ],
  ])('refuses %s and names the field', (_name, change, code, where) => {
    expect(() => parseConfig(JSON.parse(JSON.stringify({ ...SMALLEST, ...change })), folder)).toThrow(
      expect.objectContaining({ code, where }),
    );
  });

  it('refuses a secret that others can read', () => {
    const token = { module: '/usr/lib/p.so', tokenLabel: 't', pinFile: secret('pin', 0o644) };
    const tokens = ['a', 'b'].map((name) => ({ ...token, name }));
    expect(() => parseConfig({ ...SMALLEST, tokens }, folder)).toThrow(expect.objectContaining({ code: 'CONFIG_SECRET_FILE' }));
  });

  it('refuses two tokens of one name', () => {
    const token = { name: 'a', module: '/usr/lib/p.so', tokenLabel: 't', pinFile: secret('token-pin', 0o600) };
    expect(() => parseConfig({ ...SMALLEST, tokens: [token, token] }, folder)).toThrow(
      expect.objectContaining({ code: 'CONFIG_FIELD_INVALID', where: '/tokens/1/name' }),
    );
  });

  it('refuses what is not JSON, and a key that stands twice', () => {
    for (const text of ['{', '{"plantDir":"a","plantDir":"b"}']) {
      expect(() => loadConfig({ env: {}, path: file(text) })).toThrow(expect.objectContaining({ code: 'CONFIG_NOT_JSON' }));
    }
  });
});
