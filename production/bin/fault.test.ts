import { expect, test } from 'vitest';

import { faultFields, named } from './fault.ts';

const error = (message: string, fields: object = {}): Error => Object.assign(new Error(message), fields);
const code = (thrown: unknown): string => faultFields({ code: 'UNEXPECTED', error: thrown }).code;

test('a database that is away is named, whichever query met it', () => {
  const socket = { code: 'ECONNREFUSED', syscall: 'connect', address: '/plant/run/postgres/.s.PGSQL.5432' };
  expect(code(error('connect ECONNREFUSED', socket))).toBe('DATABASE_UNREACHABLE');
  expect(code(error('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect', address: '10.0.0.7', port: 5432 }))).toBe(
    'DATABASE_UNREACHABLE',
  );
  expect(code(error('the database system is starting up', { code: '57P03', severity: 'FATAL' }))).toBe('DATABASE_UNREACHABLE');
  expect(code(error('could not extend file', { code: '53100', severity: 'ERROR' }))).toBe('DATABASE_FULL');
  expect(code(error('ENOSPC: no space left on device, write', { code: 'ENOSPC', syscall: 'write' }))).toBe('DISK_FULL');
  expect(code(error('Client has encountered a connection error and is not queryable'))).toBe('DATABASE_UNREACHABLE');
});

test('another socket, a missing file and a wrong statement are not taken for it', () => {
  const others = [
    error('connect ENOENT', { code: 'ENOENT', syscall: 'connect', address: '/plant/run/processes/feeder.sock' }),
    error('no such file', { code: 'ENOENT', syscall: 'open', path: '/plant/secrets/pin' }),
    error('write EPIPE', { code: 'EPIPE', syscall: 'write' }),
    error('duplicate key', { code: '23505', severity: 'ERROR' }),
    error('something else'),
  ];
  for (const other of others) {
    expect(named(other)).toBe(other);
    expect(code(other)).toBe('UNEXPECTED');
  }
});
