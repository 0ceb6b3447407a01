import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret, toHex, utf8 } from '#encoder/bytes';
import { signDetached, verifyDetached } from '#pki/cms';
import { hostedHsm, type HostedHsm } from '#pki/hsm';
import { signJws, verifyJws } from '#pki/jws';
import { importMasterList } from '#pki/master-list';
import { openBox, sealBox } from '#pki/sealed-box';
import { documentSigner, issueSod, prepareSod, verifySod } from '#pki/sod';
import { EF_COM, softHsmHome, softHsmProcess, softHsmTokens, specimenFiles, type SoftHsmToken } from '#pki/testing';
import { parseCertificate } from '#pki/x509';
import type { CeremonyResult } from './ceremony-result.ts';
import { minutesFile, runSpecimenCeremony, specimenCustodians, type SpecimenCeremonyDeps } from './specimen.ts';
import { verifyMinutes } from './verify-minutes.ts';

/** Three SoftHSM homes, each in a process of its own, as the demo's plant has them. */
const folder = mkdtempSync(join(tmpdir(), 'cardmint-ceremony-'));
const deps: SpecimenCeremonyDeps = {
  folder,
  random: (length) => Uint8Array.from(randomBytes(length)),
  cost: 1024,
  clock: () => new Date(),
  transportMaster: new Secret(Uint8Array.from(randomBytes(16))),
  documentSigners: 1,
};
let home: SoftHsmToken;
let pin: Secret;
let lines: Awaited<ReturnType<typeof softHsmTokens<'a' | 'b'>>>;
let line: { readonly a: HostedHsm; readonly b: HostedHsm };
const hosted: HostedHsm[] = [];
function authority(): Promise<HostedHsm> {
  const hsm = hostedHsm({ start: softHsmProcess(home).start, deadlineMs: 10_000 });
  hosted.push(hsm);
  return Promise.resolve(hsm);
}

beforeAll(async () => {
  home = softHsmHome('authority');
  home.pullOut();
  pin = await (await specimenCustodians(deps)).pin();
  const given = ['--pin', Buffer.from(pin.reveal()).toString(), '--so-pin', toHex(deps.random(8))];
  const env = { ...process.env, SOFTHSM2_CONF: home.configuration };
  execFileSync('softhsm2-util', ['--init-token', '--free', '--label', home.label, ...given], { env });
  lines = await softHsmTokens('a', 'b');
  line = { a: lines.tokens.a.hsm, b: lines.tokens.b.hsm };
}, 120_000);
afterAll(async () => {
  for (const hsm of hosted) await hsm.close();
  await lines.remove();
  home.remove();
  rmSync(folder, { recursive: true, force: true });
});

let result: CeremonyResult;

test('interrupted again and again, the specimen ceremony ends with one key a role in three real tokens', async () => {
  for (const after of [5, 14, 25]) {
    let calls = 0;
    const clock = () => {
      calls += 1;
      if (calls > after) throw new Error('power cut');
      return new Date();
    };
    await expect(runSpecimenCeremony({ authority, line }, { ...deps, clock })).rejects.toThrow('power cut');
    for (const hsm of hosted.splice(0)) await hsm.close();
  }
  result = await runSpecimenCeremony({ authority, line }, deps);
  const { minutes, ceremonies } = verifyMinutes(readFileSync(minutesFile(folder), 'utf8'));
  expect(ceremonies.map(({ closedBy }) => closedBy.length)).toEqual([2]);
  for (const [name, hsm] of Object.entries(line)) {
    const known = minutes.flatMap(({ step, facts }) => (step === 'key' && facts['token'] === name ? [facts['keyId']] : []));
    const there = (await hsm.list()).filter(({ kind }) => kind !== 'public-key').map(({ keyId }) => toHex(keyId));
    expect([there.length, new Set(there)]).toEqual([known.length, new Set(known)]);
  }
}, 300_000);

test('P7: every private key was made in its token, and cannot leave it; the authority’s opens by its quorum alone', async () => {
  const open = await authority();
  await expect(open.list()).rejects.toMatchObject({ code: 'HSM_NOT_OPEN' });
  await open.open(pin);
  const keys = (await Promise.all([open, line.a, line.b].map((hsm) => hsm.list()))).flat().filter(({ kind }) => kind === 'private-key');
  expect(keys.length).toBeGreaterThan(15);
  for (const key of keys)
    expect(key).toMatchObject({ sensitive: true, alwaysSensitive: true, extractable: false, neverExtractable: true, local: true });
}, 60_000);

test('either token signs documents under the one CSCA, and both compute the same with the shared keys', async () => {
  const at = new Date();
  const [a, b] = [result.lineTokens['a'] ?? expect.fail('a'), result.lineTokens['b'] ?? expect.fail('b')];
  for (const [hsm, keys] of [
    [line.a, a],
    [line.b, b],
  ] as const) {
    const [signer] = keys.documentSigners;
    if (signer === undefined) expect.fail('a Document Signer');
    const prepared = prepareSod({ dataGroups: specimenFiles(), efCom: EF_COM, signer: documentSigner(signer.certificate), at });
    const efSod = issueSod(prepared, await hsm.sign(signer.key, prepared.digestToSign));
    expect(verifySod(efSod, specimenFiles(), { csca: result.csca.all, crl: result.crl, at }).good).toBe(true);
  }
  for (const name of ['citizenReferenceKey', 'transportMasterKey', 'plantMasterKey'] as const)
    expect(await line.a.cmac(a[name], utf8('079012345678'))).toEqual(await line.b.cmac(b[name], utf8('079012345678')));
  const master = ['mac', '-cipher', 'AES-128-CBC', '-macopt', `hexkey:${toHex(deps.transportMaster.reveal())}`, 'CMAC'];
  const mac = execFileSync('openssl', master, { input: 'chip', encoding: 'utf8' }).trim();
  expect(toHex(await line.b.cmac(b.transportMasterKey, utf8('chip')))).toBe(mac);
}, 60_000);

test('each key of a line does its work in its token: manifest, birth certificate, record key', async () => {
  const at = new Date();
  for (const [name, hsm] of Object.entries(line)) {
    const keys = result.lineTokens[name] ?? expect.fail(name);
    const { key: plantKey, certificate } = keys.plantSigner;
    const p7s = await signDetached(utf8('manifest'), { certificate, sign: (digest) => hsm.sign(plantKey, digest) }, at);
    expect(verifyDetached(p7s, utf8('manifest'), { trusted: [certificate] }).certificate).toEqual(certificate);

    const birth = keys.birthCertificateSigner;
    const publicKey = parseCertificate(birth.certificate).spki;
    const header = { typ: 'cardmint-birth-certificate+json', kid: 'birth' };
    const jws = await signJws(utf8('{}'), header, { publicKey, sign: (digest) => hsm.sign(birth.key, digest) });
    expect(verifyJws(jws, { publicKey, typ: header.typ }).payload).toEqual(utf8('{}'));

    const { key: recordKey } = keys.recordKey;
    const dataKey = new Secret(new Uint8Array(32).fill(6));
    const box = sealBox(keys.recordKey.publicKey, dataKey, utf8('record 1'));
    const recipient = { point: recordKey.point, ecdh: (peer: Uint8Array) => hsm.ecdhDerive(recordKey, peer) };
    expect((await openBox(box, recipient, utf8('record 1'))).reveal()).toEqual(dataKey.reveal());
  }
}, 60_000);

test('OpenSSL verifies CSCA, link, Document Signers and list signers over their TBS bytes, and reads the CRL', () => {
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const [root] = result.csca.all;
  const csca = file('csca.cer', root ?? expect.fail('a CSCA'));
  const text = openssl('x509', '-inform', 'DER', '-in', csca, '-noout', '-text');
  expect(text).toContain('Field Type: prime-field');
  expect(text).toContain('CN = CSCA Cardmint SPECIMEN Vietnam');
  expect(text).not.toContain('ASN1 OID: brainpool');
  const publicKey = file('csca.pem', utf8(openssl('x509', '-inform', 'DER', '-in', csca, '-noout', '-pubkey')));
  const signers = Object.values(result.lineTokens).flatMap(({ documentSigners }) => documentSigners.map(({ certificate }) => certificate));
  const listSigners = [result.masterListSigner, result.deviationListSigner].map(
    (signer) => signer?.certificate ?? expect.fail('a list signer'),
  );
  for (const certificate of [root ?? expect.fail('a CSCA'), ...result.csca.links, ...signers, ...listSigners]) {
    const { der, signature } = parseCertificate(certificate);
    const verified = openssl('dgst', '-sha512', '-verify', publicKey, '-signature', file('tbs.sig', signature), file('tbs.bin', der));
    expect(verified).toContain('Verified OK');
  }
  const crl = openssl('crl', '-inform', 'DER', '-in', file('csca.crl', result.crl), '-noout', '-text');
  expect(crl).toContain('No Revoked Certificates');
  expect(crl).toContain('X509v3 CRL Number');
  const masterList = importMasterList(result.masterList ?? expect.fail('a master list'), { csca: result.csca.all, at: new Date() });
  expect(masterList.certificates).toHaveLength(result.csca.all.length + result.csca.links.length);
}, 60_000);

test('at every later start the authority’s token is not asked for', async () => {
  const never = () => Promise.reject(new Error('the authority’s token was asked for'));
  expect(await runSpecimenCeremony({ authority: never, line }, deps)).toEqual(result);
}, 60_000);
