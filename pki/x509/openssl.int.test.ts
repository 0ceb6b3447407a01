import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { softwareKey } from '#pki/testing';
import { parseCertificate } from './certificate.ts';
import { specimens } from './lint/specimens.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'cardmint-x509-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: Uint8Array | string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const openssl = (...args: readonly string[]) =>
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
const good = await specimens();
const NAMES = Object.keys(good) as readonly (keyof typeof good)[];

describe('openssl x509, asn1parse and dgst read what we issue', () => {
  test.each(NAMES)('%s: structure, text, and the signature over the TBS bytes', (name) => {
    const { der, parameters, signer } = good[name];
    const path = file('certificate.der', der);
    expect(openssl('asn1parse', '-inform', 'DER', '-in', path)).not.toMatch(/Error/i);
    expect(openssl('x509', '-inform', 'DER', '-in', path, '-noout', '-text')).toContain('Version: 3 (0x2)');
    const certificate = parseCertificate(der);
    const key = file('issuer.pem', parameters.issuerKey.export({ type: 'spki', format: 'pem' }).toString());
    const pss = signer.algorithm.key === 'rsa-pss' ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:-1'] : [];
    const verified = openssl(
      'dgst',
      `-${signer.algorithm.hash}`,
      ...pss,
      '-verify',
      key,
      '-signature',
      file('signature', certificate.signature),
      file('tbs', certificate.der),
    );
    expect(verified).toContain('Verified OK');
  });

  test('Doc 9303-12 Table 6 as OpenSSL prints it', () => {
    const text = (name: keyof typeof good) =>
      openssl('x509', '-inform', 'DER', '-in', file('certificate.der', good[name].der), '-noout', '-text');
    const ds = text('document-signer');
    expect(ds).toContain('Field Type: prime-field');
    expect(ds).toContain('X509v3 Key Usage: critical\n                Digital Signature\n');
    expect(ds).toMatch(/DirName:\/?L ?= ?VNM/);
    expect(ds).toContain('2.23.136.1.1.6.2');
    expect(ds).not.toContain('X509v3 Basic Constraints');
    expect(text('csca')).toContain('X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0');
    expect(text('csca-link')).toContain('2.23.136.1.1.6.1');
    expect(text('csca-link, same name')).not.toContain('2.23.136.1.1.6.1');
    expect(text('master-list-signer')).toContain('X509v3 Extended Key Usage: critical\n                2.23.136.1.1.3');
    expect(text('deviation-list-signer')).toContain('2.23.136.1.1.8');
  });

  test('RSA subject keys are rsaEncryption with NULL, as OpenSSL writes them', () => {
    const key = softwareKey({ key: 'rsa', hash: 'sha256' }, 2048);
    expect(key.spki).toEqual(Uint8Array.from(key.publicKey.export({ type: 'spki', format: 'der' })));
  });
});
