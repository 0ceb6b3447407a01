import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CodedError } from '#encoder/bytes';

import { createLogger, type Logger } from './logger.ts';
import type { LogFields } from './fields.ts';

let plantDir: string;
beforeEach(() => {
  plantDir = mkdtempSync(join(tmpdir(), 'cardmint-logging-'));
});
afterEach(() => {
  rmSync(plantDir, { recursive: true, force: true });
});

function written(act: (log: Logger) => void): { text: string; lines: Record<string, unknown>[] } {
  act(createLogger({ process: 'api', plantDir, level: 'debug' }));
  const text = readFileSync(join(plantDir, 'logs', 'api.log'), 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { text, lines };
}

const CANARY = {
  personalNumber: '001099012345',
  fullName: 'Nguyễn Thị Canary',
  mrz: 'IDVNM0990123455001099012345<<6',
  token: 'Kq3vX9aPz0LwYc7TtR2mNf8HjUeSdGbV4oQiA1sD5xE',
} as const;

class SampleError extends CodedError<'SAMPLE'> {
  constructor(detail: string, cause: unknown) {
    super({ SAMPLE: { what: { vi: 'mẫu', en: 'a sample' }, todo: { vi: 'không', en: 'nothing' } } }, 'SAMPLE', { detail, cause });
  }
}

describe('invariant A4: a log line never holds personal data', () => {
  // A caller that got past the types, as JSON from outside would.
  const smuggled = (fields: Record<string, unknown>): LogFields => fields;

  test.each<[string, (log: Logger) => void]>([
    ['a record spread into the fields', (log) => log.info(smuggled({ ...CANARY, address: { line: CANARY.fullName } }), 'a record')],
    ['a number in a message', (log) => log.info({}, `the citizen ${CANARY.personalNumber} is late`)],
    ['an MRZ in a message', (log) => log.info({}, `read ${CANARY.mrz}`)],
    ['a bearer token in a detail', (log) => log.info({ detail: `Authorization: Bearer ${CANARY.token}` }, 'request')],
    ['a bare token in a detail', (log) => log.info({ detail: `token was ${CANARY.token}` }, 'request')],
    ['a number as an id', (log) => log.info({ cardId: CANARY.personalNumber }, 'card')],
    ['a name as an id', (log) => log.info({ cardId: CANARY.fullName }, 'card')],
    ['a number typed as a quantity', (log) => log.info(smuggled({ count: 1_099_012_345_678 }), 'count')],
    ['the fields of a child', (log) => log.child(smuggled({ ...CANARY })).info({}, 'child')],
    ['a coded error with a number in its detail', (log) => log.error({ err: new SampleError(CANARY.personalNumber, null) }, 'failed')],
    [
      'a driver error that quotes the value',
      (log) => log.error({ err: new Error(`invalid input syntax for type date: "${CANARY.fullName}"`) }, 'failed'),
    ],
    ['a driver error with the name bare', (log) => log.error({ err: new Error(`cannot store ${CANARY.fullName} now`) }, 'failed')],
    ['such an error as a cause', (log) => log.error({ err: new SampleError('x', new Error(`key (name)=(${CANARY.fullName})`)) }, 'failed')],
    ['an error that is the whole first argument', (log) => log.error(smuggled(new Error(CANARY.fullName) as never), 'failed')],
    ['an error in a field for text', (log) => log.error(smuggled({ detail: new Error(CANARY.fullName) }), 'failed')],
    ['a number typed in groups', (log) => log.info({ detail: '001 099 012 345 and 001.099.012.345' }, 'x')],
  ])('%s', (_name, act) => {
    const { text, lines } = written(act);
    expect(lines).toHaveLength(1);
    for (const canary of [...Object.values(CANARY), 'Canary', '1099012345', '001 099', '001.099']) expect(text).not.toContain(canary);
  });

  test('what was dropped is named, so that it is noticed', () => {
    const { lines } = written((log) => log.info(smuggled({ fullName: CANARY.fullName, cardId: 'crd-1' }), 'x'));
    expect(lines[0]).toMatchObject({ cardId: 'crd-1', droppedFields: ['fullName'] });
  });
});

describe('bad-input §5.11: whatever is logged stays one readable line', () => {
  test.each<[string, string]>([
    ['CR and LF', 'a\r\n{"level":"fatal","message":"forged"}'],
    ['ANSI escapes', '\u001b[31mred\u001b[0m'],
    ['bidi override and line separator', 'a\u202eb\u2028c\u0085d'],
    ['format strings', '%s %n %o ${jndi:ldap://x}'],
    ['JSON breakers', '"},{"a":"\\'],
    ['a lone surrogate', 'a\ud800b'],
  ])('%s', (_name, hostile) => {
    const { text, lines } = written((log) => log.info({ detail: hostile, where: hostile }, hostile));
    expect(lines).toHaveLength(1);
    // oxlint-disable-next-line no-control-regex -- the control characters are what must be absent
    expect(text.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e\ufffd]/u);
    expect(lines[0]?.['level']).toBe('info');
  });

  test('a megabyte is cut at 256 with its length', () => {
    const { lines } = written((log) => log.info({ detail: 'x'.repeat(1_000_000) }, 'y'.repeat(1_000_000)));
    expect(lines[0]?.['detail']).toBe(`${'x'.repeat(256)}…(1000000)`);
    expect(lines[0]?.['message']).toBe(`${'y'.repeat(256)}…(1000000)`);
  });
});

test('a line says which process, when, and what; the file is its owner’s alone', () => {
  const { lines } = written((log) => {
    log.child({ correlationId: 'abc-12345' }).warn({ cardId: 'crd-0001', durationMs: 12.5, status: 503 }, 'the card waits');
  });
  expect(lines[0]).toMatchObject({
    level: 'warn',
    process: 'api',
    pid: process.pid,
    correlationId: 'abc-12345',
    cardId: 'crd-0001',
    durationMs: 12.5,
    status: 503,
    message: 'the card waits',
  });
  expect(Date.parse(String(lines[0]?.['time']))).toBeGreaterThan(0);
  expect(statSync(join(plantDir, 'logs', 'api.log')).mode & 0o077).toBe(0);
});

test('an error keeps where it happened, without its message', () => {
  const { lines } = written((log) => log.error({ err: new TypeError('it broke') }, 'failed'));
  const err = lines[0]?.['err'] as { name: string; message: string; at: string[] };
  expect(err.name).toBe('TypeError');
  expect(err.message).toBe('it broke');
  expect(err.at[0]).toContain('logging.test.ts');
});
