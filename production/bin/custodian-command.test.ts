import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { openCustodian, readCustodianFile, recombine } from '#pki/ceremony';
import { runCommandLine, type CliIo } from '#production/cli';
import { registerCustodian } from './custodian-command.ts';

/** What goes wrong at a custodian's desk: nobody's key and no PIN is lost by it. */
const folder = mkdtempSync(join(tmpdir(), 'cardmint-custodian-'));
const at = (name: string) => join(folder, name);
const PASSPHRASE = 'a passphrase of theirs';

async function custodian(...args: readonly string[]): Promise<{ readonly code: number; readonly err: string }> {
  let err = '';
  const io: CliIo = { out: () => undefined, err: (text) => void (err += text), interactive: false, env: {}, cwd: folder };
  const program = new Command('cardmint');
  registerCustodian(program, io);
  return { code: await runCommandLine(program, ['custodian', ...args], io), err };
}

const made = (id: string, file = `${id}.json`) => custodian('new', '--id', id, '--name', id, '--file', file, '--passphrase-file', 'pass');
const deal = (...files: readonly string[]) =>
  custodian('deal', '--needed', '2', '--pin-file', 'pin', ...files.flatMap((file) => ['--file', file, '--passphrase-file', 'pass']));

beforeAll(async () => {
  writeFileSync(at('pass'), `${PASSPHRASE}\n`);
  await made('an');
  await made('binh');
  writeFileSync(at('an-again.json'), readFileSync(at('an.json')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cardmint custodian deal', () => {
  test.each([['an.json'], ['an-again.json']])('T: one person twice (%s): nothing is dealt, the PIN is still there', async (again) => {
    writeFileSync(at('pin'), '1234\n');
    const { code, err } = await deal('an.json', again);
    expect(err).toContain('SHARES_UNDEALABLE');
    expect(code).toBe(1);
    expect(readFileSync(at('pin'), 'utf8')).toBe('1234\n');
    expect(readFileSync(at('an.json'), 'utf8')).not.toContain('"share"');
  });

  test('bad input: a PIN file with nothing in it', async () => {
    writeFileSync(at('pin'), '\n');
    expect((await deal('an.json', 'binh.json')).err).toContain('SHARES_UNDEALABLE');
  });

  test.each(['1234', '1234\n', '1234\r\n'])('the PIN is what stands in the line: %j', async (text) => {
    writeFileSync(at('pin'), text);
    expect(await deal('an.json', 'binh.json')).toEqual({ code: 0, err: '' });
    expect(existsSync(at('pin'))).toBe(false);
    const people = ['an.json', 'binh.json'].map((file) =>
      openCustodian(readCustodianFile(readFileSync(at(file), 'utf8'), file), new Secret(utf8(PASSPHRASE))),
    );
    const pin = await recombine(people.flatMap(({ share }) => (share === undefined ? [] : [share])));
    expect(pin.reveal()).toEqual(utf8('1234'));
  });
});

describe('cardmint custodian new', () => {
  test('bad input: a folder that is not there', async () => {
    const { code, err } = await made('chi', 'nowhere/chi.json');
    expect(err).toContain('FOLDER_MISSING');
    expect(code).toBe(2);
  });

  test('a passphrase of fewer characters than it takes, however many bytes they have', async () => {
    writeFileSync(at('short'), 'ăâêôơưđ');
    const { err } = await custodian('new', '--id', 'chi', '--name', 'Chi', '--file', 'chi.json', '--passphrase-file', 'short');
    expect(err).toContain('CUSTODIAN_PASSPHRASE_SHORT');
    expect(existsSync(at('chi.json'))).toBe(false);
  });
});
