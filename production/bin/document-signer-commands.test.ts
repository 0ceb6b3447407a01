import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { newCustodian } from '#pki/ceremony';
import { readAloud } from '#pki/certificate-request';
import { specimenPki } from '#pki/testing';
import { runCommandLine, type CliIo } from '#production/cli';
import { registerDocumentSigners } from './document-signer-commands.ts';

/** What a person is shown before they approve; and that nothing is asked of a plant whose answer could not be kept. */
const folder = mkdtempSync(join(tmpdir(), 'cardmint-document-signers-'));
const at = (name: string) => join(folder, name);
const HASH = 'ab'.repeat(32);
let csca: Uint8Array;
let signer: Uint8Array;

async function pki(...args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const io: CliIo = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, env: {}, cwd: folder };
  const program = new Command('cardmint');
  registerDocumentSigners(program.command('pki'), io);
  await runCommandLine(program, ['pki', ...args], io);
  return { out, err };
}
const approve = (...what: readonly string[]) => pki('approve', ...what, '--custodian', at('an.json'), '--passphrase-file', at('pass'));

beforeAll(async () => {
  const pin = new Secret(utf8('1234'));
  const hsm = new SoftwareHsm({ pin });
  await hsm.open(pin);
  const material = await specimenPki(hsm);
  csca = material.csca;
  signer = material.signer.certificate.certificate;
  const passphrase = 'a passphrase of theirs';
  const random = (length: number) => Uint8Array.from(randomBytes(length));
  const an = newCustodian({ id: 'an', name: 'An' }, new Secret(utf8(passphrase)), { random, cost: 1024 });
  writeFileSync(at('an.json'), JSON.stringify(an));
  writeFileSync(at('pass'), passphrase);
  writeFileSync(at('ds.der'), signer);
  writeFileSync(at('csca.der'), csca);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cardmint pki approve', () => {
  test('shows each certificate by name, usage period and hash', async () => {
    const { out, err } = await approve(at('ds.der'), '--issuer', at('csca.der'));
    expect(err).toBe('');
    expect(out).toContain('CN=DS SPECIMEN 1');
    expect(out).toContain('2026-11-21T08:00:00.000Z → 2027-02-19T08:00:00.000Z');
    expect(out).toContain(readAloud(signer));
    expect(out).toContain(readAloud(csca));
    expect(existsSync(at('ds.der.approval.an.json'))).toBe(true);
  });

  test('says that an end is an end', async () => {
    const { out } = await approve(HASH.toUpperCase());
    expect(out).toContain(`destroy the key for ever of ${HASH}`);
    expect(existsSync(at(`${HASH}.approval.an.json`))).toBe(true);
  });

  test('T: no certificate, no approval', async () => {
    writeFileSync(at('other.der'), signer.subarray(1));
    const { err } = await approve(at('other.der'));
    expect(err).toContain('BYTES_UNEXPECTED');
    expect(existsSync(at('other.der.approval.an.json'))).toBe(false);
  });
});

test.each([
  [['request', '--token', 'a', '--country', 'VN', '--organization', 'X', '--name', 'DS', '--out', 'nowhere']],
  [['destroy', HASH, '--out', 'nowhere/evidence.jws']],
])('bad input: %j: the folder is missing, and no key is made or ended', async (args) => {
  expect((await pki(...args)).err).toContain('FOLDER_MISSING');
});
