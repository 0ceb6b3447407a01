import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex } from '#encoder/bytes';
import { runCommandLine, type CliIo } from '#production/cli';
import { registerEncode } from './encode-command.ts';
import { registerRead } from './read-command.ts';
import { registerSpecimenOrder } from './specimen-order-command.ts';
import { registerVirtualCard } from './virtual-card-command.ts';

/** What stands in the files is secret to whoever reads the error: this must not come out. */
const CONTENT = 'KHONG-DUOC-LO-RA';
const folder = mkdtempSync(join(tmpdir(), 'cardmint-given-'));
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  writeFileSync(at('empty'), '');
  writeFileSync(at('garbage'), Buffer.concat([fromHex('00ff30827fff30'), Buffer.from(CONTENT.repeat(50))]));
  writeFileSync(at('pem-of-nothing'), `-----BEGIN CERTIFICATE-----\n${CONTENT}\n-----END CERTIFICATE-----\n`);
  writeFileSync(at('deep'), `["${CONTENT}",${'['.repeat(200_000)}`);
  writeFileSync(at('cut'), `{"basedOn": "cccd-2021-specimen", "id": "${CONTENT}", "files"`);
  writeFileSync(at('indefinite'), fromHex(`3080${'0500'.repeat(30_000)}`));
  writeFileSync(at('gigantic'), '');
  truncateSync(at('gigantic'), 3 * 1024 ** 3);
  mkdirSync(at('folder'));
  const made = await cardmint('specimen-order', '--out', 'order.json');
  if (made.code !== 0) throw new Error(made.err);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const noReader = { openReader: () => Promise.reject(new Error('a reader was opened')), now: () => new Date() };

async function cardmint(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const io: CliIo = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, env: {}, cwd: folder };
  const program = new Command('cardmint');
  registerRead(program, io, noReader);
  registerEncode(program, io, noReader);
  registerVirtualCard(program, io);
  registerSpecimenOrder(program, io);
  return { code: await runCommandLine(program, args, io), out, err };
}

const READ = ['read', '--reader', 'x', '--can', '123456'];
const ENCODE = ['encode', '--reader', 'x', '--lab-keys', 'lab', '--driver'];
const OPTIONS: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['--csca', READ, /READ_CERTIFICATE_UNUSABLE/],
  ['--crl', READ, /READ_CERTIFICATE_UNUSABLE/],
  ['--master-list', READ, /READ_CERTIFICATE_UNUSABLE/],
  ['--cvca', [...READ, '--ta-cert', 'empty', '--ta-key', 'empty'], /READ_CERTIFICATE_UNUSABLE/],
  ['--ta-cert', [...READ, '--ta-key', 'empty'], /READ_CERTIFICATE_UNUSABLE/],
  ['--mrz', ['read', '--reader', 'x'], /READ_MRZ_UNUSABLE/],
  ['--pin-file', ['read', '--reader', 'x'], /READ_PIN_UNUSABLE/],
  ['--order', [...ENCODE, 'reference'], /JSON_SYNTAX|JSON_NOT_UTF8|JSON_TOO_COMPLEX/],
  ['--profile', [...ENCODE, 'reference', '--order', 'order.json'], /PROFILE_INVALID/],
  ['--layout', [...ENCODE, 'cps', '--order', 'order.json'], /LAYOUT_INVALID/],
  ['--transport-master', [...ENCODE, 'reference', '--order', 'order.json'], /LAB_MASTER_UNUSABLE/],
  ['--image', ['virtual-card', '--port', '1'], /IMAGE_CORRUPT/],
];
const FILES = ['empty', 'garbage', 'pem-of-nothing', 'deep', 'cut', 'indefinite', '/dev/null'];
const ENDLESS = ['gigantic', '/dev/zero'];

describe('bad input: files given to commands', () => {
  describe.each(OPTIONS)('%s', (option, command, code) => {
    it.each(FILES)('%s is refused by name, before any reader is opened, and nothing of it is shown', async (file) => {
      const outcome = await cardmint(...command, option, file);
      expect(outcome.code).toBeGreaterThan(0);
      expect(outcome.err).toMatch(code);
      expect(outcome.out + outcome.err).not.toContain(CONTENT);
      expect(await cardmint(...command, option, file)).toEqual(outcome);
    });

    it.each(ENDLESS)('%s is not read to its end', async (file) => {
      const outcome = await cardmint(...command, option, file);
      expect(outcome.err).toMatch(/FILE_TOO_LARGE|LAB_MASTER_UNUSABLE|IMAGE_CORRUPT/);
    });

    it.each(['folder', 'missing', 'nul\0in-its-name'])('%j has a coded error', async (file) => {
      const outcome = await cardmint(...command, option, file);
      expect(outcome.err).toMatch(
        /FILE_UNREADABLE|READ_CERTIFICATE_UNUSABLE|PROFILE_UNKNOWN|LAB_MASTER_UNUSABLE|IMAGE_MISSING|IMAGE_CORRUPT/,
      );
    });
  });

  it('a folder of CSCAs without a certificate trusts nobody, and says so', async () => {
    const { code, err } = await cardmint(...READ, '--csca', 'folder');
    expect(code).toBe(2);
    expect(err).toMatch(/READ_CERTIFICATE_UNUSABLE.*\(folder\).*no certificate in it/);
  });
});
