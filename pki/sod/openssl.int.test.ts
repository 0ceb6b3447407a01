import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '#encoder/bytes';
import { efCom, type EfCom } from '#encoder/lds';
import { decodeOnly, derOctetString, tlv } from '#encoder/tlv';
import { EF_COM, specimenFiles } from '#pki/testing';
import { encodeAlgorithm, signatureFromToken } from '#pki/x509';
import type { SodAlgorithms } from './algorithms.ts';
import { documentSigner } from './document-signer.ts';
import { issueSod, prepareSod } from './issue.ts';
import { lintSod } from './lint/lint.ts';
import { mutatedSod } from './mutations.fixture.ts';
import { ecKey, ISSUED_AT, rsaKey, throwAwayPki, type ThrowAwayKey, type ThrowAwayPki } from './throw-away.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'cardmint-sod-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const openssl = (...args: readonly string[]): Buffer => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
/** `-noverify`: OpenSSL 3 builds no chain over explicit parameters; the signature is what it is asked about. */
const cmsVerify = (efSod: Uint8Array): Buffer =>
  openssl('cms', '-verify', '-inform', 'DER', '-noverify', '-in', file('sod.cms', decodeOnly(efSod, 0x77, 'EF.SOD').rest()));

const usual = { objectVersion: 0, digest: 'SHA-256', digestParameters: 'absent' } as const;
const com18: EfCom = { ...efCom.decode(EF_COM), ldsVersion: '0108', unicodeVersion: '060000' };

describe.each<readonly [string, () => ThrowAwayKey, SodAlgorithms]>([
  ['P-256 SHA-256', () => ecKey('P-256', 'sha256'), { ...usual, signature: { kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' } }],
  [
    'P-384 SHA-384, data groups by SHA-256, v1',
    () => ecKey('P-384', 'sha384'),
    { ...usual, objectVersion: 1, signature: { kind: 'ecdsa', curve: 'P-384', digest: 'SHA-384' } },
  ],
  [
    'brainpoolP384r1 SHA-256 by key identifier',
    () => ecKey('brainpoolP384r1', 'sha256'),
    { ...usual, signature: { kind: 'ecdsa', curve: 'brainpoolP384r1', digest: 'SHA-256' }, signerIdentifier: 'subject-key-identifier' },
  ],
  [
    'brainpoolP512r1 SHA-512',
    () => ecKey('brainpoolP512r1', 'sha512'),
    { ...usual, digest: 'SHA-512', signature: { kind: 'ecdsa', curve: 'brainpoolP512r1', digest: 'SHA-512' } },
  ],
  [
    'RSASSA-PKCS1-v1_5 SHA-256, NULL in digest algorithms',
    () => rsaKey('rsa', 'sha256'),
    { ...usual, digestParameters: 'null', signature: { kind: 'rsassa-pkcs1-v1_5', bits: 2048, digest: 'SHA-256' } },
  ],
  [
    'RSASSA-PSS SHA-512 by key identifier',
    () => rsaKey('rsa-pss', 'sha512', 3072),
    { ...usual, signature: { kind: 'rsassa-pss', bits: 3072, digest: 'SHA-512' }, signerIdentifier: 'subject-key-identifier' },
  ],
])('openssl on EF.SOD by %s', (_title, makeKey, algorithms) => {
  let pki: ThrowAwayPki;
  let efSod: Uint8Array;
  let lds: Uint8Array;
  beforeAll(async () => {
    pki = await throwAwayPki(makeKey());
    const com = algorithms.objectVersion === 1 ? efCom.encode(com18) : EF_COM;
    const request = { dataGroups: specimenFiles(), efCom: com, signer: documentSigner(pki.documentSigner), at: ISSUED_AT, algorithms };
    const token = prepareSod(request);
    lds = token.ldsSecurityObject;
    efSod = issueSod(token, pki.key.sign(token.signedAttributes, token.algorithm));
  });

  test('cms -verify accepts it and gives the LDS security object', () => {
    expect(toHex(cmsVerify(efSod))).toBe(toHex(lds));
  });

  test('cms -verify refuses it after a byte of the content was changed', () => {
    const changed = Uint8Array.from(efSod);
    const at = Buffer.from(efSod).indexOf(lds) + lds.length - 1;
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => cmsVerify(changed)).toThrow(/cms/);
  });

  test('asn1parse reads it to the end: signedData, the content type, the digest and signature algorithms', () => {
    const text = openssl('asn1parse', '-inform', 'DER', '-in', file('sod.der', efSod), '-strparse', '4').toString();
    expect(text).toMatch(/pkcs7-signedData[\s\S]*2\.23\.136\.1\.1\.1/);
    expect(text).toMatch(new RegExp(algorithms.signature.digest.replace('SHA-', 'sha')));
    expect(text).toMatch(
      { ecdsa: /ecdsa-with-SHA/, 'rsassa-pss': /rsassaPss/, 'rsassa-pkcs1-v1_5': /sha256WithRSAEncryption/ }[algorithms.signature.kind],
    );
    expect(text).not.toMatch(/error/i);
  });
});

test('stack pitfall: openssl refuses a P-384 key with SHA-384 over a message digest of SHA-256, as our linter does', async () => {
  const pki = await throwAwayPki(ecKey('P-384', 'sha384'));
  expect(() => cmsVerify(mutatedSod(pki))).not.toThrow();
  const disagreeing = mutatedSod(pki, {
    hash: 'sha256',
    signer: ({ signedAttrs }) => ({
      signatureAlgorithm: encodeAlgorithm(pki.key.algorithm),
      signature: derOctetString(
        signatureFromToken(pki.key.algorithm, pki.key.sign(tlv(0x31, decodeOnly(signedAttrs, 0xa0, 'signedAttrs').rest()))),
      ),
    }),
  });
  expect(() => cmsVerify(disagreeing)).toThrow(/cms/);
  expect(lintSod(disagreeing).map(({ rule }) => rule)).toEqual(['sod-hashes-agree']);
});
