import { X509Certificate } from 'node:crypto';
import { fromBER } from 'asn1js';
import { Certificate, Extension } from 'pkijs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { LyingHsm, SoftwareHsm, type Lie } from '#hsm-mocks';
import { explicitSpki, namedSpki } from '#pki/ec';
import type { EcKey, Hsm } from '#pki/hsm';
import { addDays, addYears } from './calendar.ts';
import { parseCertificate } from './certificate.ts';
import { certificateTokenOf, issueCertificate, prepareCertificate, type IssuingKey } from './issue.ts';
import { cscaCertificate, documentSignerCertificate, plantSignerCertificate } from './profiles.ts';

const NOW = new Date('2026-11-21T08:00:00.500Z');
const NAME = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA Cardmint SPECIMEN Vietnam' };
const CRL_URLS = ['https://specimen.cardmint.invalid/VNM.crl'];

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let cscaKey: EcKey;
let dsKey: EcKey;
let issuer: IssuingKey;

beforeAll(async () => {
  await hsm.open(pin);
  cscaKey = await hsm.generateEcKey({ label: 'csca', curve: 'brainpoolP512r1', purpose: 'sign' });
  dsKey = await hsm.generateEcKey({ label: 'ds', curve: 'brainpoolP384r1', purpose: 'sign' });
  issuer = { name: NAME, spki: explicitSpki(cscaKey.curve, cscaKey.point), algorithm: { key: 'ec', hash: 'sha512' } };
});

const signWith = (signer: Pick<Hsm, 'sign'>) => (digest: Uint8Array) => signer.sign(cscaKey, digest);

const csca = () =>
  cscaCertificate({
    subject: NAME,
    serialNumber: Uint8Array.of(0x11, 0x22),
    curve: cscaKey.curve,
    point: cscaKey.point,
    usage: { notBefore: NOW, notAfter: addYears(NOW, 5) },
    notAfter: addYears(NOW, 31),
    mrzCountry: 'VNM',
    crlUrls: CRL_URLS,
  });

const signer = (changes: Partial<Parameters<typeof documentSignerCertificate>[0]> = {}) =>
  documentSignerCertificate({
    subject: { ...NAME, commonName: 'DS Cardmint SPECIMEN 1' },
    serialNumber: Uint8Array.of(0x33),
    curve: dsKey.curve,
    point: dsKey.point,
    usage: { notBefore: NOW, notAfter: addDays(NOW, 90) },
    notAfter: addYears(addDays(NOW, 90), 25),
    mrzCountry: 'VNM',
    crlUrls: CRL_URLS,
    issuerSpki: issuer.spki,
    documentTypes: ['ID'],
    technicalLifeYears: 25,
    ...changes,
  });

describe('Doc 9303-12 §7.1: profiles', () => {
  test('a CSCA and a Document Signer it certified, read back by our reader, by OpenSSL and by pkijs', async () => {
    const cscaDer = await issueCertificate(prepareCertificate(csca(), issuer), signWith(hsm));
    const dsDer = await issueCertificate(prepareCertificate(signer(), issuer), signWith(hsm));

    const root = new X509Certificate(cscaDer);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(new X509Certificate(dsDer).verify(root.publicKey)).toBe(true);
    expect(new X509Certificate(dsDer).checkIssued(root)).toBe(true);

    const ds = parseCertificate(dsDer);
    expect(ds).toMatchObject({ isCa: false, keyUsage: [0], documentTypes: ['ID'], signatureAlgorithm: { key: 'ec', hash: 'sha512' } });
    expect(ds.authorityKeyIdentifier).toEqual(cscaKey.keyId);
    expect(ds.subjectKeyIdentifier).toEqual(dsKey.keyId);
    expect(ds.privateKeyUsagePeriod).toEqual({ notBefore: new Date('2026-11-21T08:00:00Z'), notAfter: new Date('2027-02-19T08:00:00Z') });
    expect(ds.spki).toEqual(explicitSpki('brainpoolP384r1', dsKey.point));
    expect(parseCertificate(cscaDer)).toMatchObject({ isCa: true, keyUsage: [5, 6] });

    const oracle = new Certificate({ schema: fromBER(Uint8Array.from(dsDer).buffer).result });
    expect(oracle.extensions?.map(({ extnID }) => extnID)).toEqual([...ds.extensions.keys()]);
    expect(new Uint8Array(oracle.toSchema(true).toBER())).toEqual(dsDer);
  });

  test('Table 5: UTCTime to 2049, GeneralizedTime from 2050', async () => {
    const { validity } = parseCertificate(await issueCertificate(prepareCertificate(signer(), issuer), signWith(hsm)));
    expect(validity).toEqual({
      notBefore: new Date('2026-11-21T08:00:00Z'),
      notAfter: new Date('2052-02-19T08:00:00Z'),
      tags: [0x17, 0x18],
    });
  });

  test('Table 6: documentTypeList is DER, non-critical, with version v0', async () => {
    const ds = parseCertificate(await issueCertificate(prepareCertificate(signer({ documentTypes: ['ID', 'I'] }), issuer), signWith(hsm)));
    const list = ds.extensions.get('2.23.136.1.1.6.2');
    expect(list?.critical).toBe(false);
    expect(Buffer.from(list?.value ?? []).toString('hex')).toBe('300c020100310713014913024944');
  });

  test('the plant signer is self-signed on a named curve', async () => {
    const key = await hsm.generateEcKey({ label: 'plant', curve: 'P-256', purpose: 'sign' });
    const name = { country: 'VN', commonName: 'Plant SPECIMEN' };
    const request = plantSignerCertificate({
      subject: name,
      serialNumber: Uint8Array.of(5),
      curve: key.curve,
      point: key.point,
      usage: { notBefore: NOW, notAfter: addYears(NOW, 1) },
      notAfter: addYears(NOW, 10),
    });
    const token = prepareCertificate(request, { name, spki: namedSpki('P-256', key.point), algorithm: { key: 'ec', hash: 'sha256' } });
    const certificate = new X509Certificate(await issueCertificate(token, (digest) => hsm.sign(key, digest)));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });
});

describe('the lint stands before the signature', () => {
  const late = { usage: { notBefore: NOW, notAfter: addDays(NOW, 90) } };
  test.each([
    ['serial-number-positive-20-octets', { serialNumber: Uint8Array.of(0x80) }],
    ['serial-number-positive-20-octets', { serialNumber: new Uint8Array(21).fill(1) }],
    ['serial-number-positive-20-octets', { serialNumber: Uint8Array.of(0) }],
    ['country-two-upper-case-letters', { subject: { country: 'vn', commonName: 'x' } }],
    ['country-equal-in-issuer-and-subject', { subject: { country: 'DE', commonName: 'x' } }],
    ['common-name-present', { subject: { country: 'VN', commonName: '' } }],
    ['document-signer-used-at-most-three-months', { usage: { notBefore: NOW, notAfter: addDays(NOW, 94) }, notAfter: addYears(NOW, 40) }],
    ['not-after-covers-the-last-card', { ...late, notAfter: addYears(addDays(NOW, 89), 25) }],
    ['usage-period-inside-validity', { usage: { notBefore: addDays(NOW, 1), notAfter: NOW } }],
    ['document-types-of-one-or-two-letters', { documentTypes: ['i'] }],
    ['document-types-of-one-or-two-letters', { documentTypes: [] }],
    ['alternative-names-with-the-country-of-the-mrz', { mrzCountry: 'VIET' }],
    ['crl-distribution-points-ldap-http-https', { crlUrls: ['ftp://specimen.invalid/VNM.crl'] }],
    ['crl-distribution-points-ldap-http-https', { crlUrls: [] }],
  ] as const)('%s', (rule, changes) => {
    expect(() => prepareCertificate(signer(changes), issuer)).toThrow(new RegExp(`CERTIFICATE_LINT.*${rule}`));
  });

  test('a named curve in the eMRTD PKI is refused', () => {
    expect(() => prepareCertificate({ ...signer(), spki: namedSpki('brainpoolP384r1', dsKey.point) }, issuer)).toThrow(
      /explicit-ec-parameters-uncompressed-with-cofactor/,
    );
  });

  test('Table 6: pathLenConstraint 0, key identifiers of the keys, extensions that can be read; Table 5: string types of names', () => {
    const request = csca();
    const replaced = (oid: string, value: string, critical = false) =>
      request.extensions.map((known) =>
        known.extnID === oid
          ? new Extension({ extnID: oid, critical, extnValue: Uint8Array.from(Buffer.from(value, 'hex')).buffer })
          : known,
      );
    const lint = (extensions: typeof request.extensions) => () => prepareCertificate({ ...request, extensions }, issuer);
    expect(lint(request.extensions)).not.toThrow();
    expect(lint(replaced('2.5.29.19', '30030101ff', true))).toThrow(/path-length-constraint-zero/);
    expect(lint(replaced('2.5.29.19', '30060101ff020101', true))).toThrow(/path-length-constraint-zero/);
    expect(lint(replaced('2.5.29.14', `0414${'11'.repeat(20)}`))).toThrow(/subject-key-identifier-of-the-key/);
    expect(lint(replaced('2.5.29.35', `30168014${'11'.repeat(20)}`))).toThrow(/authority-key-identifier-of-the-issuer/);
    expect(lint(replaced('2.5.29.17', '30058203612e62'))).toThrow(/alternative-names-with-the-country-of-the-mrz/);
    expect(lint(replaced('2.5.29.18', '3080'))).toThrow(/alternative-names-with-the-country-of-the-mrz/);
    const { tbs } = prepareCertificate(request, issuer);
    const teletex = Buffer.from(tbs).toString('latin1').replaceAll('\x06\x03\x55\x04\x03\x0c', '\x06\x03\x55\x04\x03\x14');
    expect(() => certificateTokenOf(Uint8Array.from(Buffer.from(teletex, 'latin1')), 'csca', issuer)).toThrow(
      /names-in-printable-or-utf8-string/,
    );
  });

  test('an extension missing, doubled in meaning or foreign to the profile is refused', () => {
    const request = signer();
    expect(() => prepareCertificate({ ...request, extensions: request.extensions.slice(1) }, issuer)).toThrow(
      /authority-key-identifier-present/,
    );
    expect(() => prepareCertificate({ ...request, extensions: [...request.extensions, ...csca().extensions.slice(6, 7)] }, issuer)).toThrow(
      /extensions-as-in-table-6/,
    );
    expect(() => prepareCertificate({ ...request, extensions: [...request.extensions, ...request.extensions] }, issuer)).toThrow(/twice/);
  });
});

describe('style.md 24: a token is spent once', () => {
  test('a second signature over one preparation is refused, also after a failure', async () => {
    const token = prepareCertificate(signer(), issuer);
    await issueCertificate(token, signWith(hsm));
    await expect(issueCertificate(token, signWith(hsm))).rejects.toMatchObject({ code: 'CERTIFICATE_TOKEN_SPENT' });
  });

  test('prepared again from the recorded bytes, it is the same content', async () => {
    const token = prepareCertificate(signer(), issuer);
    const again = certificateTokenOf(token.tbs, 'document-signer', issuer, { technicalLifeYears: 25 });
    expect(again.digest).toEqual(token.digest);
    expect(parseCertificate(await issueCertificate(again, signWith(hsm))).der).toEqual(token.tbs);
  });

  test.each(['wrong-signature', 'other-message', 'short-signature'] as const satisfies readonly Lie[])(
    'P5: %s does not leave the room',
    async (lie) => {
      const liar = new LyingHsm(hsm, [lie]);
      await expect(issueCertificate(prepareCertificate(signer(), issuer), signWith(liar))).rejects.toMatchObject({
        code: 'CERTIFICATE_SIGNATURE_REJECTED',
      });
    },
  );
});

test('bad input: every byte of a certificate changed, every prefix: a coded error or another certificate, never a crash', async () => {
  const der = await issueCertificate(prepareCertificate(signer(), issuer), signWith(hsm));
  const outcome = (bytes: Uint8Array) => {
    try {
      parseCertificate(bytes);
      return 'parsed';
    } catch (error) {
      return error instanceof Error && 'code' in error ? 'coded' : `crash: ${String(error)}`;
    }
  };
  for (let at = 0; at < der.length; at += 1) {
    const changed = Uint8Array.from(der);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    expect(outcome(changed)).not.toMatch(/^crash/);
    expect(outcome(der.subarray(0, at))).toBe('coded');
  }
});
