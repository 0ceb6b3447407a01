import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromHex, Secret, toHex } from '#encoder/bytes';
import { checkValueOf, wrapForToken } from '#pki/hsm';
import { softHsmHome, type SoftHsmToken } from '#pki/testing';
import { runCommandLine, type CliIo } from '#production/cli';
import { registerCeremony } from './ceremony-command.ts';
import { registerCustodian } from './custodian-command.ts';
import { hostToken } from './host-token.ts';

/** The real commands, from custodians' files to a closed ceremony in three SoftHSM tokens; the test plays the chip maker. */
const folder = mkdtempSync(join(tmpdir(), 'cardmint-ceremony-command-'));
const at = (name: string) => join(folder, name);
const MASTER = new Secret(fromHex('404142434445464748494A4B4C4D4E4F'));
const KCV = toHex(checkValueOf(MASTER));
const PEOPLE = ['an', 'binh', 'chi'] as const;
const source = ['--conditions=source', '--import', 'tsx', join(import.meta.dirname, 'token.ts')];
let homes: Readonly<Record<'authority' | 'a' | 'b', SoftHsmToken>>;

async function cardmint(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const io: CliIo = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, env: {}, cwd: folder };
  const program = new Command('cardmint');
  registerCustodian(program, io);
  registerCeremony(program, io, {
    hostToken: (place) => hostToken(place, { program: source, deadlineMs: 20_000, startDeadlineMs: 60_000 }),
  });
  return { code: await runCommandLine(program, args, io), out, err };
}

const asked = (people: readonly string[], option: string) =>
  people.flatMap((who) => [option, `${who}.json`, '--passphrase-file', `${who}.pass`]);

beforeAll(async () => {
  homes = { authority: softHsmHome('authority'), a: softHsmHome('a'), b: softHsmHome('b') };
  for (const who of PEOPLE) {
    writeFileSync(at(`${who}.pass`), `a passphrase of ${who}\n`);
    const made = await cardmint(
      'custodian',
      'new',
      '--id',
      who,
      '--name',
      `Người giữ khóa ${who}`,
      '--file',
      `${who}.json`,
      '--passphrase-file',
      `${who}.pass`,
    );
    expect(made).toMatchObject({ code: 0, err: '' });
  }
  for (const [name, { pin }] of Object.entries(homes)) writeFileSync(at(`${name}.pin`), pin.reveal());
  const tokens = Object.entries(homes).map(([name, { label, configuration }]) => ({
    name,
    module: '/usr/lib/softhsm/libsofthsm2.so',
    tokenLabel: label,
    conf: configuration,
    ...(name === 'authority' ? {} : { pinFile: `${name}.pin` }),
  }));
  writeFileSync(at('tokens.json'), JSON.stringify(tokens));
}, 120_000);
afterAll(() => {
  for (const home of Object.values(homes)) home.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('a custodian’s file is made once, and the PIN of the authority’s token is split and gone', async () => {
  const again = await cardmint('custodian', 'new', '--id', 'an', '--name', 'An', '--file', 'an.json', '--passphrase-file', 'an.pass');
  expect(again.err).toContain('FILE_EXISTS');
  const dealt = await cardmint('custodian', 'deal', '--needed', '2', '--pin-file', 'authority.pin', ...asked(PEOPLE, '--file'));
  expect(dealt).toMatchObject({ code: 0, err: '' });
  expect(existsSync(at('authority.pin'))).toBe(false);

  // Handed on, by two of those who have it: earlier shares and later ones do not mix.
  const before = readFileSync(at('chi.json'));
  const from = ['an', 'binh'].flatMap((who) => ['--from', `${who}.json`, '--from-passphrase-file', `${who}.pass`]);
  expect(await cardmint('custodian', 'deal', '--needed', '2', ...from, ...asked(PEOPLE, '--file'))).toMatchObject({ code: 0, err: '' });
  writeFileSync(at('chi-before.json'), before);
  const mixed = [
    '--from',
    'an.json',
    '--from-passphrase-file',
    'an.pass',
    '--from',
    'chi-before.json',
    '--from-passphrase-file',
    'chi.pass',
  ];
  expect((await cardmint('custodian', 'deal', '--needed', '2', ...mixed, ...asked(PEOPLE, '--file'))).err).toContain('SHARES_FOREIGN');
}, 60_000);

test('a rehearsal needs no approval, and leaves minutes that no plant accepts', async () => {
  await cardmint('specimen-ceremony', '--out', 'first.json', '--kcv', KCV, ...PEOPLE.flatMap((who) => ['--custodian', `${who}.json`]));
  const rehearse = (...more: readonly string[]) =>
    cardmint('ceremony', 'first.json', '--rehearse', ...more, ...asked(['an', 'chi'], '--custodian'));
  const rehearsal = await rehearse();
  expect(rehearsal).toMatchObject({ code: 0, err: '' });
  expect(rehearsal.out).toContain('REHEARSAL');
  expect((await cardmint('minutes', 'rehearsal.minutes.jsonl', '--rehearsal')).code).toBe(0);
  expect((await cardmint('minutes', 'rehearsal.minutes.jsonl')).err).toContain('CEREMONY_REHEARSAL');
  // Not where the ceremony’s own minutes are looked for; and every rehearsal is a new one.
  expect(existsSync(at('ceremonies.minutes.jsonl'))).toBe(false);
  expect((await rehearse()).err).toContain('FILE_EXISTS');
  expect((await rehearse('--minutes', 'nowhere/minutes.jsonl')).err).toContain('FOLDER_MISSING');
}, 120_000);

test('the ceremony: approved, begun, interrupted by the post, confirmed, and closed', async () => {
  const run = (...people: readonly string[]) =>
    cardmint(
      'ceremony',
      'first.json',
      '--tokens',
      'tokens.json',
      '--minutes',
      'minutes.jsonl',
      '--out',
      'published',
      ...asked(people, '--custodian'),
    );
  expect((await run('an', 'binh')).err).toContain('APPROVAL_TOO_FEW');
  for (const who of ['an', 'binh']) {
    const approved = await cardmint('custodian', 'approve', 'first.json', '--as', `${who}.json`, '--passphrase-file', `${who}.pass`);
    expect(approved.out).toMatch(/SHA-256 {2}([0-9A-F]{4} ?){16}/);
  }
  expect((await run('an')).err).toContain('CEREMONY_PEOPLE_ABSENT');
  expect(existsSync(at('minutes.jsonl'))).toBe(false);

  expect((await run('an', 'binh')).err).toContain('CEREMONY_WRAPPED_KEY_AWAITED');
  for (const token of ['a', 'b']) {
    const publicKey = Uint8Array.from(readFileSync(at(`transport-master.${token}.public-key.der`)));
    writeFileSync(at(`transport-master.${token}.wrapped`), wrapForToken(publicKey, MASTER));
  }
  await cardmint('custodian', 'confirm', 'first.json', '--kcv', KCV, '--as', 'an.json', '--passphrase-file', 'an.pass');
  expect((await run('an', 'binh')).err).toContain('APPROVAL_TOO_FEW');
  await cardmint('custodian', 'confirm', 'first.json', '--kcv', KCV, '--as', 'binh.json', '--passphrase-file', 'binh.pass');

  const done = await run('an', 'binh');
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toContain(`KCV      ${KCV}`);
  expect(existsSync(at('published/specimen.csca.der'))).toBe(true);
  const minutes = await cardmint('minutes', 'minutes.jsonl');
  expect(minutes).toMatchObject({ code: 0, err: '' });
  expect(minutes.out).toContain('Người giữ khóa an, Người giữ khóa binh');
}, 240_000);

test('T: one byte of the file changed after it was approved; the authority’s PIN in a file', async () => {
  const text = readFileSync(at('first.json'), 'utf8').replace('"usageDays": 90', '"usageDays": 91');
  writeFileSync(at('first.json'), text);
  const run = await cardmint(
    'ceremony',
    'first.json',
    '--tokens',
    'tokens.json',
    '--minutes',
    'other.jsonl',
    ...asked(['an', 'binh'], '--custodian'),
  );
  expect(run.err).toContain('APPROVAL_SIGNATURE_INVALID');
  writeFileSync(
    at('tokens.json'),
    readFileSync(at('tokens.json'), 'utf8').replace('"name":"authority"', '"name":"authority","pinFile":"a.pin"'),
  );
  const unguarded = await cardmint('ceremony', 'first.json', '--tokens', 'tokens.json', ...asked(['an', 'binh'], '--custodian'));
  expect(unguarded.err).toContain('CEREMONY_AUTHORITY_UNGUARDED');
}, 60_000);
