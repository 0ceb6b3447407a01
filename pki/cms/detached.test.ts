import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concat, Secret, utf8 } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { LyingHsm, SoftwareHsm } from '#hsm-mocks';
import { addYears, issueCertificate, plantSignerCertificate, prepareCertificate } from '#pki/x509';
import { namedSpki } from '#pki/ec';
import type { EcKey } from '#pki/hsm';
import { signDetached, verifyDetached } from './detached.ts';

const NOW = new Date('2026-11-21T08:00:00Z');
const CONTENT = utf8('{"consignment":"c-1","cards":8}');
const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
const folder = mkdtempSync(join(tmpdir(), 'cardmint-cms-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Signer {
  readonly key: EcKey;
  readonly certificate: Uint8Array;
}
async function signerNamed(commonName: string): Promise<Signer> {
  const key = await hsm.generateEcKey({ label: commonName, curve: 'P-256', purpose: 'sign' });
  const name = { country: 'VN', commonName };
  const request = plantSignerCertificate({
    subject: name,
    serialNumber: Uint8Array.of(7),
    curve: 'P-256',
    point: key.point,
    usage: { notBefore: NOW, notAfter: addYears(NOW, 2) },
    notAfter: addYears(NOW, 12),
  });
  const token = prepareCertificate(request, { name, spki: namedSpki('P-256', key.point), algorithm: { key: 'ec', hash: 'sha256' } });
  return { key, certificate: await issueCertificate(token, (digest) => hsm.sign(key, digest)) };
}

let plant: Signer;
let office: Signer;
let p7s: Uint8Array;
const sign = ({ key, certificate }: Signer, at = NOW, content = CONTENT) =>
  signDetached(content, { certificate, sign: (digest) => hsm.sign(key, digest) }, at);
beforeAll(async () => {
  await hsm.open(pin);
  plant = await signerNamed('Plant SPECIMEN');
  office = await signerNamed('Office SPECIMEN');
  p7s = await sign(plant);
});

describe('RFC 5652: detached signatures', () => {
  test('verify with the pinned certificate, and say when', () => {
    const trusted = [office.certificate, plant.certificate];
    expect(verifyDetached(p7s, CONTENT, { trusted })).toEqual({ certificate: plant.certificate, signingTime: NOW });
  });

  test('issue 2: openssl cms -verify accepts them with the signer as trust anchor', () => {
    const path = (name: string) => join(folder, name);
    writeFileSync(path('manifest.json'), CONTENT);
    writeFileSync(path('manifest.p7s'), p7s);
    writeFileSync(path('signer.cer'), plant.certificate);
    const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    openssl('x509', '-inform', 'DER', '-in', path('signer.cer'), '-out', path('signer.pem'));
    const verify = (content: string) => [
      'cms', '-verify', '-inform', 'DER', '-in', path('manifest.p7s'), '-content', path(content), '-CAfile', path('signer.pem'),
      '-purpose', 'any', '-attime', String(NOW.getTime() / 1000 + 60), '-binary',
    ]; // prettier-ignore
    expect(openssl(...verify('manifest.json')).toString()).toBe(Buffer.from(CONTENT).toString());
    writeFileSync(path('other.json'), '{}');
    expect(() => openssl(...verify('other.json'))).toThrow(/cms/);
  });
});

describe('what is refused', () => {
  const refusal = (bytes: Uint8Array, content = CONTENT, trusted = [plant.certificate]) => {
    try {
      verifyDetached(bytes, content, { trusted });
      return 'accepted';
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };

  test('another content, another signer, nobody trusted', async () => {
    expect(refusal(p7s, utf8('{}'))).toBe('CMS_CONTENT_MISMATCH');
    expect(refusal(await sign(office))).toBe('CMS_SIGNER_UNTRUSTED');
    expect(refusal(p7s, CONTENT, [])).toBe('CMS_SIGNER_UNTRUSTED');
  });

  test('a certificate of the same name and number with another key', async () => {
    const twin = await signerNamed('Plant SPECIMEN');
    expect(refusal(await sign(twin))).toBe('CMS_SIGNER_UNTRUSTED');
  });

  test('every byte changed, every prefix, bytes after the end, nothing', () => {
    for (let at = 0; at < p7s.length; at += 1) {
      const changed = Uint8Array.from(p7s);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(refusal(changed)).toMatch(/^CMS_/);
      expect(refusal(p7s.subarray(0, at))).toBe('CMS_MALFORMED');
    }
    expect(refusal(concat(p7s, Uint8Array.of(0)))).toBe('CMS_MALFORMED');
    expect(refusal(tlv(0x30, new Uint8Array(70_000)))).toBe('CMS_MALFORMED');
  });

  test('a signing time outside the usage period: not signed', async () => {
    await expect(sign(plant, new Date(NOW.getTime() - 1000))).rejects.toMatchObject({ code: 'CMS_SIGNER_OUT_OF_DATE' });
    await expect(sign(plant, addYears(NOW, 3))).rejects.toMatchObject({ code: 'CMS_SIGNER_OUT_OF_DATE' });
  });

  test('P5: a lying token: no signature comes out', async () => {
    for (const lie of ['wrong-signature', 'other-message'] as const) {
      const liar = new LyingHsm(hsm, [lie]);
      const signing = signDetached(CONTENT, { certificate: plant.certificate, sign: (digest) => liar.sign(plant.key, digest) }, NOW);
      await expect(signing).rejects.toMatchObject({ code: 'CMS_SIGNATURE_REJECTED' });
    }
  });
});
