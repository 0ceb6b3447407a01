import { fromBER, type Sequence } from 'asn1js';
import { CertificateRevocationList } from 'pkijs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { LyingHsm, SoftwareHsm } from '#hsm-mocks';
import { addDays, addYears, cscaCertificate, issueCertificate, parseCertificate, prepareCertificate, type Certificate } from '#pki/x509';
import { explicitSpki } from '#pki/ec';
import type { EcKey } from '#pki/hsm';
import { crlFault, parseCrl } from './crl.ts';
import { issueCrl, prepareCrl, type CrlRequest } from './issue.ts';

const NOW = new Date('2026-11-21T08:00:00Z');
const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let key: EcKey;
let csca: Certificate;
beforeAll(async () => {
  await hsm.open(pin);
  key = await hsm.generateEcKey({ label: 'csca', curve: 'brainpoolP384r1', purpose: 'sign' });
  const name = { country: 'VN', commonName: 'CSCA SPECIMEN' };
  const request = cscaCertificate({
    subject: name,
    serialNumber: Uint8Array.of(1),
    curve: key.curve,
    point: key.point,
    usage: { notBefore: NOW, notAfter: addYears(NOW, 5) },
    notAfter: addYears(NOW, 31),
    mrzCountry: 'VNM',
    crlUrls: ['http://specimen.invalid/crl'],
  });
  const token = prepareCertificate(request, { name, spki: explicitSpki(key.curve, key.point), algorithm: { key: 'ec', hash: 'sha384' } });
  csca = parseCertificate(await issueCertificate(token, sign));
});
const sign = (digest: Uint8Array) => hsm.sign(key, digest);
const request = (changes: Partial<CrlRequest> = {}): CrlRequest => ({
  csca,
  algorithm: { key: 'ec', hash: 'sha384' },
  number: 1,
  thisUpdate: NOW,
  nextUpdate: addDays(NOW, 90),
  revoked: [],
  ...changes,
});

describe('Doc 9303-12 §7.1.4', () => {
  test('an empty list has no revokedCertificates; pkijs reads it and encodes the same bytes', async () => {
    const der = await issueCrl(prepareCrl(request()), sign);
    const crl = parseCrl(der);
    expect(crl).toMatchObject({ revoked: [], thisUpdate: NOW, nextUpdate: addDays(NOW, 90), timeTags: [0x17, 0x17] });
    expect([...crl.extensions.keys()]).toEqual(['2.5.29.35', '2.5.29.20']);
    const oracle = new CertificateRevocationList({ schema: fromBER(Uint8Array.from(der).buffer).result });
    expect(oracle.version).toBe(1);
    expect(oracle.revokedCertificates).toBeUndefined();
    const encoded = oracle.toSchema(true) as Sequence;
    expect(new Uint8Array(encoded.toBER())).toEqual(der);
  });

  test('revoked certificates by serial number', async () => {
    const serialNumber = Uint8Array.of(0x00, 0x99, 0x01);
    const der = await issueCrl(prepareCrl(request({ number: 200, revoked: [{ serialNumber, revokedAt: NOW }] })), sign);
    expect(parseCrl(der).revoked).toEqual([serialNumber]);
    expect(Buffer.from(parseCrl(der).extensions.get('2.5.29.20')?.value ?? []).toString('hex')).toBe('020200c8');
  });

  test.each([
    ['next-update-within-90-days', { nextUpdate: addDays(NOW, 91) }],
    ['this-update-precedes-next-update', { nextUpdate: NOW }],
    ['issued-in-the-usage-period-of-the-csca', { thisUpdate: addYears(NOW, 6), nextUpdate: addDays(addYears(NOW, 6), 30) }],
  ] as const)('lint: %s', (rule, changes) => {
    expect(() => prepareCrl(request(changes))).toThrow(new RegExp(`CRL_LINT.*${rule}`));
  });
});

test('times: not yet, in time, stale', async () => {
  const crl = parseCrl(await issueCrl(prepareCrl(request()), sign));
  expect([addDays(NOW, -1), NOW, addDays(NOW, 90), addDays(NOW, 91)].map((at) => crlFault(crl, csca, at))).toEqual([
    'not-yet-valid',
    undefined,
    undefined,
    'stale',
  ]);
});

test('RFC 5280 §5.2, §6.3.3: no list with a critical extension, none of a CA that may not sign lists', async () => {
  const crl = parseCrl(await issueCrl(prepareCrl(request()), sign));
  const delta = {
    ...crl,
    extensions: new Map([...crl.extensions, ['2.5.29.27', { critical: true, falseSpelledOut: false, value: Uint8Array.of(2, 1, 1) }]]),
  };
  expect(crlFault(delta, csca, NOW)).toBe('critical-extension');
  expect(crlFault(crl, { ...csca, keyUsage: [5] }, NOW)).toBe('key-usage');
});

test('P5: a lying token, and a token spent twice', async () => {
  const liar = new LyingHsm(hsm, ['wrong-signature']);
  await expect(issueCrl(prepareCrl(request()), (digest) => liar.sign(key, digest))).rejects.toMatchObject({
    code: 'CRL_SIGNATURE_REJECTED',
  });
  const token = prepareCrl(request());
  await issueCrl(token, sign);
  await expect(issueCrl(token, sign)).rejects.toMatchObject({ code: 'CRL_TOKEN_SPENT' });
});

test('bad input: every byte changed is refused or no longer believed; every prefix is refused with a code', async () => {
  const der = await issueCrl(prepareCrl(request({ revoked: [{ serialNumber: Uint8Array.of(5), revokedAt: NOW }] })), sign);
  const believed = (bytes: Uint8Array) => {
    try {
      return crlFault(parseCrl(bytes), csca, NOW) === undefined;
    } catch (error) {
      if (error instanceof Error && 'code' in error) return false;
      throw error;
    }
  };
  expect(believed(der)).toBe(true);
  for (let at = 0; at < der.length; at += 1) {
    const changed = Uint8Array.from(der);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(`${at} ${believed(changed)}`).toBe(`${at} false`);
    expect(believed(der.subarray(0, at))).toBe(false);
  }
});
