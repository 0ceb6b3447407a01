import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeOnly } from '#encoder/tlv';
import { parseCertificate } from '#pki/x509';
import { Pkcs11Hsm } from '#pki/hsm';
import { softHsmToken } from '#pki/testing';
import { issueSod, prepareSod } from './issue.ts';
import { EF_COM, NOW, specimenFiles, specimenPki, type SpecimenPki } from '#pki/testing';
import { verifySod } from './verify.ts';

const token = softHsmToken('sod');
const hsm = new Pkcs11Hsm({ tokenLabel: token.label });
let pki: SpecimenPki;
let efSod: Uint8Array;
beforeAll(async () => {
  await hsm.open(token.pin);
  pki = await specimenPki(hsm);
  const prepared = prepareSod({ dataGroups: specimenFiles(), efCom: EF_COM, signer: pki.signer, at: NOW });
  efSod = issueSod(prepared, await hsm.sign(pki.signerKey, prepared.digestToSign));
});
afterAll(async () => {
  await hsm.close();
  token.remove();
});

function file(name: string, bytes: Uint8Array): string {
  const path = join(token.folder, name);
  writeFileSync(path, bytes);
  return path;
}
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
const pem = (name: string, der: Uint8Array) => file(`${name}.pem`, openssl('x509', '-inform', 'DER', '-in', file(`${name}.cer`, der)));

test('issue 2: EF.SOD signed in the token, tag 77 taken off, is accepted by openssl cms -verify', () => {
  const sod = file('sod.cms', decodeOnly(efSod, 0x77, 'EF.SOD').rest());
  const signer = pem('ds', pki.signer.certificate.certificate);
  const out = join(token.folder, 'lds.der');
  openssl('cms', '-verify', '-inform', 'DER', '-noverify', '-certfile', signer, '-in', sod, '-out', out);
  expect(openssl('asn1parse', '-inform', 'DER', '-in', out).toString()).toContain('sha256');
});

test('issue 2: openssl refuses it after a byte of the LDS security object was changed', () => {
  const changed = Uint8Array.from(decodeOnly(efSod, 0x77, 'EF.SOD').rest());
  changed[120] = (changed[120] ?? 0) ^ 1;
  const sod = file('changed.cms', changed);
  expect(() => openssl('cms', '-verify', '-inform', 'DER', '-noverify', '-in', sod)).toThrow(/cms/);
});

test('issue 2: the signature of the Document Signer certificate, by openssl dgst over its TBS bytes with the CSCA key', () => {
  const { der, signature } = parseCertificate(pki.signer.certificate.certificate);
  const key = file('csca.pub', openssl('x509', '-in', pem('csca', pki.csca), '-noout', '-pubkey'));
  const args = ['dgst', '-sha512', '-verify', key, '-signature', file('tbs.sig', signature)];
  expect(openssl(...args, file('tbs.bin', der)).toString()).toContain('Verified OK');
});

test('and by our own Passive Authentication', () => {
  expect(verifySod(efSod, specimenFiles(), { csca: [pki.csca], at: NOW }).good).toBe(true);
});
