import { X509Certificate } from 'node:crypto';
import { CertificationRequest } from 'pkijs';
import { beforeAll, describe, expect, test } from 'vitest';
import { ascii, utf8 } from '#encoder/bytes';
import { derBitString, derInteger, derSequence, tlv } from '#encoder/tlv';
import { namedSpki } from '#pki/ec';
import { softwareKey, type SoftwareKey } from '#pki/testing';
import {
  addDays,
  addYears,
  cscaCertificate,
  documentSignerCertificate,
  encodeAlgorithm,
  encodeName,
  issueCertificate,
  parseCertificate,
  prepareCertificate,
  signatureFromToken,
  type IssuingKey,
} from '#pki/x509';
import { certificateRequestTokenOf, issueCertificateRequest, prepareCertificateRequest, type CertificateRequestToken } from './issue.ts';
import { matchCertificate, type ReturnedCertificate } from './match.ts';
import { readAloud } from './read-aloud.ts';
import { parseCertificateRequest, verifyCertificateRequest } from './read.ts';
import { provesKey } from './test-signature.ts';

const NOW = new Date('2026-11-22T04:00:00Z');
const SUBJECT = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'DS SPECIMEN 7' };
const KEYS = [
  softwareKey({ key: 'ec', hash: 'sha384' }, 'brainpoolP384r1'),
  softwareKey({ key: 'ec', hash: 'sha512' }, 'P-521'),
  softwareKey({ key: 'rsa', hash: 'sha256' }, 2048),
  softwareKey({ key: 'rsa-pss', hash: 'sha256' }, 3072),
];
const [key, other] = KEYS as [SoftwareKey, SoftwareKey];

const prepared = (by: SoftwareKey) => prepareCertificateRequest({ subject: SUBJECT, key: by.subject, algorithm: by.algorithm });
const issued = (token: CertificateRequestToken, by: SoftwareKey) => issueCertificateRequest(token, by.signerOf(token.info));
const code = async (act: () => Promise<unknown>) =>
  act().then(
    () => 'no error',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : `crash ${String(error)}`),
  );

describe('RFC 2986 §4: the request', () => {
  test.each(KEYS)('$algorithm.key with $algorithm.hash, read by our reader and by pkijs', async (by) => {
    const der = await issued(prepared(by), by);
    const request = verifyCertificateRequest(der);
    expect(request).toMatchObject({ subject: encodeName(SUBJECT), spki: by.spki, signatureAlgorithm: by.algorithm });
    const oracle = CertificationRequest.fromBER(Uint8Array.from(der).buffer);
    expect(oracle.version).toBe(0);
    expect(new Uint8Array(oracle.subject.toSchema().toBER())).toEqual(encodeName(SUBJECT));
    expect(Uint8Array.from(oracle.tbsView)).toEqual(request.info);
    expect(new Uint8Array(oracle.subjectPublicKeyInfo.toSchema().toBER())).toEqual(by.spki);
  });

  test('style.md 24: a token is spent once; what was recorded is prepared again with the same digest', async () => {
    const token = prepared(key);
    await issued(token, key);
    expect(await code(() => issued(token, key))).toBe('CERTIFICATE_REQUEST_TOKEN_SPENT');
    const again = certificateRequestTokenOf(token.info, token.algorithm);
    expect(again.digest).toEqual(token.digest);
    expect(verifyCertificateRequest(await issued(again, key)).info).toEqual(token.info);
  });

  test('P5: a signature of another key, or none at all, does not leave the room', async () => {
    expect(await code(() => issued(prepared(key), softwareKey(key.algorithm)))).toBe('CERTIFICATE_REQUEST_SIGNATURE_REJECTED');
    const odd = () => Promise.resolve(Uint8Array.of(1, 2, 3));
    expect(await code(() => issueCertificateRequest(prepared(key), odd))).toBe('CERTIFICATE_REQUEST_SIGNATURE_REJECTED');
  });

  test('its SHA-256 in groups for reading aloud', () => {
    expect(readAloud(ascii('abc'))).toBe('BA78 16BF 8F01 CFEA 4141 40DE 5DAE 2223 B003 61A3 9617 7A9C B410 FF61 F200 15AD');
  });
});

describe('a stranger’s request', () => {
  const spki = namedSpki('brainpoolP384r1', key.subject.kind === 'ec' ? key.subject.point : new Uint8Array());
  const foreign = (
    changes: { readonly version?: number; readonly attributes?: readonly Uint8Array[]; readonly algorithm?: Uint8Array } = {},
  ) => {
    const info = derSequence(
      derInteger(changes.version ?? 0),
      encodeName(SUBJECT),
      spki,
      ...(changes.attributes ?? [tlv(0xa0, derSequence(tlv(0x06, ascii('*'))))]),
    );
    const signature = signatureFromToken(key.algorithm, key.sign(info));
    return derSequence(info, changes.algorithm ?? encodeAlgorithm(key.algorithm), derBitString(signature));
  };

  test('a named curve and attributes are read: whoever certifies decides what the certificate says', () => {
    expect(verifyCertificateRequest(foreign()).spki).toEqual(spki);
  });

  test.each([
    ['version v2', foreign({ version: 1 })],
    ['no attributes at all', foreign({ attributes: [] })],
    ['a member more', foreign({ attributes: [tlv(0xa0), tlv(0xa1)] })],
    ['SHA-1', foreign({ algorithm: Uint8Array.from(Buffer.from('300906072a8648ce3d0401', 'hex')) })],
    ['a byte after its end', Uint8Array.from([...foreign(), 0])],
    ['a length that is not minimal', Uint8Array.from([0x30, 0x83, 0x00, ...foreign().subarray(2)])],
    ['20 KiB', derSequence(tlv(0x04, new Uint8Array(20_000)))],
    ['nothing', new Uint8Array()],
  ])('%s is refused', (_, der) => {
    expect(() => parseCertificateRequest(der)).toThrow(/CERTIFICATE_REQUEST_MALFORMED/);
  });

  test('bad input: any byte changed and it is refused with a code', async () => {
    const der = await issued(prepared(key), key);
    for (let at = 0; at < der.length; at += 1) {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      const outcome = await code(() => Promise.resolve().then(() => verifyCertificateRequest(changed)));
      expect(`${at} ${String(outcome)}`).toMatch(/CERTIFICATE_REQUEST_(MALFORMED|SIGNATURE_REJECTED)/);
    }
  });
});

describe('the certificate that comes back', () => {
  const ca = softwareKey({ key: 'rsa-pss', hash: 'sha512' }, 4096);
  const caName = { country: 'VN', organization: 'Another authority', commonName: 'CSCA of others' };
  const issuer: IssuingKey = { name: caName, spki: ca.spki, algorithm: ca.algorithm };
  const shared = { mrzCountry: 'VNM', crlUrls: ['https://specimen.invalid/VNM.crl'] };
  const usage = { notBefore: NOW, notAfter: addDays(NOW, 90) };
  const certify = async (changes: Partial<Parameters<typeof documentSignerCertificate>[0]> = {}, by = issuer) => {
    const request = documentSignerCertificate({
      subject: encodeName(SUBJECT),
      serialNumber: Uint8Array.of(7),
      spki: key.spki,
      usage,
      notAfter: addYears(usage.notAfter, 25),
      ...shared,
      issuerSpki: ca.spki,
      documentTypes: ['ID', 'I'],
      technicalLifeYears: 1,
      ...changes,
    });
    const token = prepareCertificate(request, by);
    return issueCertificate(token, ca.signerOf(token.tbs));
  };
  let csca: Uint8Array;
  beforeAll(async () => {
    const authority = { usage: { notBefore: addYears(NOW, -1), notAfter: addYears(NOW, 3) }, notAfter: addYears(NOW, 40) };
    const request = cscaCertificate({ subject: caName, serialNumber: Uint8Array.of(1), spki: ca.spki, ...authority, ...shared });
    const token = prepareCertificate(request, issuer);
    csca = await issueCertificate(token, ca.signerOf(token.tbs));
  });
  const returned = (certificate: Uint8Array, changes: Partial<ReturnedCertificate> = {}): ReturnedCertificate => ({
    certificate,
    spki: key.spki,
    csca: [csca],
    documentTypes: ['ID'],
    technicalLifeYears: 25,
    at: NOW,
    ...changes,
  });
  const findings = (...of: Parameters<typeof returned>) => matchCertificate(returned(...of)).map(({ rule }) => rule);

  test('an EC key certified by an RSA-PSS CSCA of others: nothing to object', async () => {
    const certificate = await certify();
    expect(findings(certificate)).toEqual([]);
    const [ds, root] = [new X509Certificate(certificate), new X509Certificate(csca)];
    expect(ds.checkIssued(root)).toBe(true);
    expect(ds.verify(root.publicKey)).toBe(true);
  });

  test.each([
    ['subject-public-key-of-the-request', {}, { spki: other.spki }],
    ['issued-by-a-trusted-csca', {}, { csca: [] }],
    ['usage-period-not-over', {}, { at: addDays(NOW, 91) }],
    ['document-types-of-the-plant', { documentTypes: ['P'] }, {}],
    ['not-after-covers-the-last-card', { notAfter: addYears(NOW, 10) }, {}],
    [
      'certified-in-the-usage-period-of-the-csca',
      { usage: { notBefore: addYears(NOW, 4), notAfter: addDays(addYears(NOW, 4), 90) }, notAfter: addYears(NOW, 35) },
      {},
    ],
  ] as const)('%s', async (rule, certificate, changes) => {
    expect(findings(await certify(certificate), changes)).toEqual([rule]);
  });

  test('a certificate that the CSCA did not sign, and bytes that are none', async () => {
    const forged = await certify();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(findings(forged)).toEqual(['issued-by-a-trusted-csca']);
    expect(findings(utf8('no'))).toEqual(['der-encoding']);
    expect(findings(derSequence(derInteger(1)))).toEqual(['x509-structure']);
  });

  test('a test signature proves the key, and only that key', async () => {
    const certificate = parseCertificate(await certify());
    const challenge = Uint8Array.of(1, 2, 3);
    const message = Uint8Array.from([...utf8('cardmint/test-signature/1\0'), ...challenge]);
    expect(await provesKey(certificate, key.algorithm, challenge, key.signerOf(message))).toBe(true);
    const wrong = softwareKey(key.algorithm, 'brainpoolP384r1');
    expect(await provesKey(certificate, key.algorithm, challenge, wrong.signerOf(message))).toBe(false);
    expect(await provesKey(certificate, key.algorithm, challenge, () => Promise.resolve(new Uint8Array(3)))).toBe(false);
  });
});
