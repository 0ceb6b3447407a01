import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { softwareKey } from '#pki/testing';
import { issueCertificateRequest, prepareCertificateRequest } from './issue.ts';
import { verifyCertificateRequest } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'cardmint-request-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });

test.each([
  softwareKey({ key: 'ec', hash: 'sha384' }, 'brainpoolP384r1'),
  softwareKey({ key: 'rsa', hash: 'sha256' }, 2048),
  softwareKey({ key: 'rsa-pss', hash: 'sha512' }, 2048),
])('openssl req verifies our request: $algorithm.key', async (key) => {
  const subject = { country: 'VN', commonName: 'DS SPECIMEN' };
  const token = prepareCertificateRequest({ subject, key: key.subject, algorithm: key.algorithm });
  writeFileSync(path('our.p10'), await issueCertificateRequest(token, key.signerOf(token.info)));
  const text = openssl('req', '-inform', 'DER', '-in', path('our.p10'), '-verify', '-noout', '-subject').toString();
  expect(text).toContain('C = VN, CN = DS SPECIMEN');
});

test.each([
  ['an EC key with explicit parameters', ['ecparam', '-name', 'brainpoolP256r1', '-genkey', '-param_enc', 'explicit', '-noout'], []],
  ['an RSA key', ['genrsa', '2048'], []],
  ['an RSA key, PSS', ['genrsa', '2048'], ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:-1']],
] as const)('we verify a request of openssl: %s', (_, make, options) => {
  writeFileSync(path('key.pem'), openssl(...make));
  const extension = ['-addext', 'keyUsage=critical,digitalSignature'];
  const der = openssl(
    'req',
    '-new',
    '-key',
    path('key.pem'),
    '-subj',
    '/C=VN/CN=Foreign',
    '-sha256',
    ...extension,
    ...options,
    '-outform',
    'DER',
  );
  expect(verifyCertificateRequest(Uint8Array.from(der)).signatureAlgorithm.hash).toBe('sha256');
});
