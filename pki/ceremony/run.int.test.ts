import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromHex, Secret } from '#encoder/bytes';
import { parseCertificate } from '#pki/x509';
import { Pkcs11Hsm } from '#pki/hsm';
import { softHsmToken } from '#pki/testing';
import { fileCeremonyJournal } from './minutes.ts';
import { specimenPlan } from './plan.ts';
import { runFirstCeremony } from './run.ts';

const token = softHsmToken('ceremony');
const hsm = new Pkcs11Hsm({ tokenLabel: token.label });
beforeAll(() => hsm.open(token.pin));
afterAll(async () => {
  await hsm.close();
  token.remove();
});

const journal = fileCeremonyJournal(join(token.folder, 'minutes.jsonl'));
const run = () =>
  runFirstCeremony(
    hsm,
    specimenPlan(1),
    { transportMaster: new Secret(fromHex('404142434445464748494A4B4C4D4E4F')) },
    { clock: () => new Date(), journal },
  );

function file(name: string, bytes: Uint8Array): string {
  const path = join(token.folder, name);
  writeFileSync(path, bytes);
  return path;
}
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('issue 2: the CSCA and the Document Signer, made in a real token, accepted by openssl dgst over their TBS bytes', async () => {
  const result = await run();
  const csca = file('csca.cer', result.csca.certificate);
  const text = openssl('x509', '-inform', 'DER', '-in', csca, '-noout', '-text');
  expect(text).toContain('Field Type: prime-field');
  expect(text).toContain('CN = CSCA Cardmint SPECIMEN Vietnam');
  expect(text).not.toContain('ASN1 OID: brainpool');
  const publicKey = file('csca.pem', Buffer.from(openssl('x509', '-inform', 'DER', '-in', csca, '-noout', '-pubkey')));
  for (const { certificate } of [result.csca, ...result.documentSigners]) {
    const { der, signature } = parseCertificate(certificate);
    const tbs = file('tbs.bin', der);
    const signatureFile = file('tbs.sig', signature);
    expect(openssl('dgst', '-sha512', '-verify', publicKey, '-signature', signatureFile, tbs)).toContain('Verified OK');
  }
  const crl = openssl('crl', '-inform', 'DER', '-in', file('csca.crl', result.crl), '-noout', '-text');
  expect(crl).toContain('No Revoked Certificates');
  expect(crl).toContain('X509v3 CRL Number');
});

test('run again on the same token and minutes, it finds every key and changes nothing', async () => {
  const first = await run();
  expect(await run()).toEqual(first);
  expect((await hsm.list()).filter(({ kind }) => kind === 'private-key')).toHaveLength(5);
});
