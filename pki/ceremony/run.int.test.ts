import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromHex, Secret, utf8 } from '#encoder/bytes';
import { signDetached, verifyDetached } from '#pki/cms';
import { signJws, verifyJws } from '#pki/jws';
import { openBox, sealBox } from '#pki/sealed-box';
import { documentSigner, issueSod, prepareSod, verifySod } from '#pki/sod';
import { parseCertificate } from '#pki/x509';
import { Pkcs11Hsm } from '#pki/hsm';
import { EF_COM, softHsmToken, specimenFiles } from '#pki/testing';
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
  expect((await hsm.list()).filter(({ kind }) => kind === 'private-key')).toHaveLength(8);
});

test('each key does its work in the token: EF.SOD, manifest, birth certificate, record key, MACs', async () => {
  const result = await run();
  const at = new Date();
  const [signer] = result.documentSigners;
  if (signer === undefined) throw new Error('the plan has one Document Signer');

  const prepared = prepareSod({ dataGroups: specimenFiles(), efCom: EF_COM, signer: documentSigner(signer.certificate), at });
  const efSod = issueSod(prepared, await hsm.sign(signer.key, prepared.digestToSign));
  expect(verifySod(efSod, specimenFiles(), { csca: [result.csca.certificate], crl: result.crl, at }).good).toBe(true);

  const { key: plantKey, certificate } = result.plantSigner;
  const p7s = await signDetached(utf8('manifest'), { certificate, sign: (digest) => hsm.sign(plantKey, digest) }, at);
  expect(verifyDetached(p7s, utf8('manifest'), { trusted: [certificate] }).certificate).toEqual(certificate);

  const birth = result.birthCertificateSigner;
  const publicKey = parseCertificate(birth.certificate).spki;
  const header = { typ: 'cardmint-birth-certificate+json', kid: 'birth' };
  const jws = await signJws(utf8('{}'), header, { publicKey, sign: (digest) => hsm.sign(birth.key, digest) });
  expect(verifyJws(jws, { publicKey, typ: header.typ }).payload).toEqual(utf8('{}'));

  const { key: recordKey } = result.recordKey;
  const dataKey = new Secret(new Uint8Array(32).fill(6));
  const box = sealBox(result.recordKey.publicKey, dataKey, utf8('record 1'));
  const recipient = { point: recordKey.point, ecdh: (peer: Uint8Array) => hsm.ecdhDerive(recordKey, peer) };
  expect((await openBox(box, recipient, utf8('record 1'))).reveal()).toEqual(dataKey.reveal());

  expect(await hsm.cmac(result.citizenReferenceKey, utf8('079012345678'))).toHaveLength(16);
  // RFC 4493 §2.4 over this key, computed by OpenSSL.
  const mac = execFileSync('openssl', ['mac', '-cipher', 'AES-128-CBC', '-macopt', 'hexkey:404142434445464748494A4B4C4D4E4F', 'CMAC'], {
    input: 'chip',
  });
  expect(Buffer.from(await hsm.cmac(result.transportMasterKey, utf8('chip'))).toString('hex')).toBe(mac.toString().trim().toLowerCase());
});
