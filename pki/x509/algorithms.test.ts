import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { EcCurveName } from '#pki/ec';
import { softwareKey, type SoftwareKey } from '#pki/testing';
import { addDays, addYears } from './calendar.ts';
import { parseCertificate } from './certificate.ts';
import { issueCertificate, prepareCertificate, type CertificateRequest } from './issue.ts';
import { issuedBy, lintEncodedCertificate } from './lint/lint.ts';
import { cscaCertificate, cscaLinkCertificate, documentSignerCertificate } from './profiles.ts';
import { secondOpinion } from './second-opinion.ts';
import type { SignatureAlgorithm } from './signature-algorithm.ts';

const NOW = new Date('2026-11-22T04:00:00Z');
const OLD = { country: 'VN', commonName: 'CSCA SPECIMEN' };
const NEW = { country: 'VN', organization: 'Bộ Công an', commonName: 'CSCA SPECIMEN 2' };
const shared = { mrzCountry: 'VNM', crlUrls: ['ldap://specimen.invalid/CN=CSCA'], serialNumber: Uint8Array.of(0x10) };
const authority = { ...shared, usage: { notBefore: NOW, notAfter: addYears(NOW, 3) }, notAfter: addYears(NOW, 29) };

const EC: readonly (readonly [SignatureAlgorithm['hash'], EcCurveName])[] = [
  ['sha256', 'P-256'],
  ['sha384', 'P-384'],
  ['sha512', 'P-521'],
  ['sha256', 'brainpoolP256r1'],
  ['sha384', 'brainpoolP384r1'],
  ['sha512', 'brainpoolP512r1'],
];
const HASHES = ['sha256', 'sha384', 'sha512'] as const;
const KEYS: readonly (readonly [string, () => SoftwareKey])[] = [
  ...EC.map(([hash, curve]) => [`ECDSA ${hash} ${curve}`, () => softwareKey({ key: 'ec', hash }, curve)] as const),
  ...HASHES.map((hash) => [`RSASSA-PKCS1-v1_5 ${hash} 2048`, () => softwareKey({ key: 'rsa', hash }, 2048)] as const),
  ...HASHES.map((hash) => [`RSASSA-PSS ${hash} 2048`, () => softwareKey({ key: 'rsa-pss', hash }, 2048)] as const),
  ['RSASSA-PSS sha256 3072', () => softwareKey({ key: 'rsa-pss', hash: 'sha256' }, 3072)],
  ['RSASSA-PKCS1-v1_5 sha512 4096', () => softwareKey({ key: 'rsa', hash: 'sha512' }, 4096)],
];

async function issued(request: CertificateRequest, key: SoftwareKey): Promise<Uint8Array> {
  const token = prepareCertificate(request, { name: OLD, spki: key.spki, algorithm: key.algorithm });
  return issueCertificate(token, key.signerOf(token.tbs));
}

describe('Doc 9303-12 §4.1.6: a CSCA and its Document Signer in every algorithm, verified by two libraries', () => {
  test.each(KEYS)('%s', async (_, make) => {
    const key = make();
    const csca = await issued(cscaCertificate({ ...authority, subject: OLD, spki: key.spki }), key);
    const signer = softwareKey({ key: 'ec', hash: 'sha256' }, 'brainpoolP256r1');
    const request = documentSignerCertificate({
      ...shared,
      subject: { ...OLD, commonName: 'DS' },
      spki: signer.spki,
      issuerSpki: key.spki,
      documentTypes: ['ID'],
      usage: { notBefore: NOW, notAfter: addDays(NOW, 30) },
      notAfter: addYears(addDays(NOW, 30), 25),
    });
    const ds = await issued(request, key);

    const root = parseCertificate(csca);
    expect(root.signatureAlgorithm).toEqual(key.algorithm);
    expect(lintEncodedCertificate(csca, 'csca', issuedBy(root))).toEqual([]);
    expect(lintEncodedCertificate(ds, 'document-signer', issuedBy(root))).toEqual([]);
    const byOpenssl = new X509Certificate(csca).publicKey;
    expect([csca, ds].map((der) => new X509Certificate(der).verify(byOpenssl))).toEqual([true, true]);
    expect([await secondOpinion(csca, csca), await secondOpinion(ds, csca)]).toEqual([true, true]);
    const forged = ds.map((byte, at) => (at === ds.length - 1 ? byte ^ 1 : byte));
    expect(new X509Certificate(forged).verify(byOpenssl)).toBe(false);
    expect(await secondOpinion(forged, csca)).toBe(false);
  });
});

describe('Doc 9303-12 §4.1.4, §7.1.1.5: link certificates at a roll-over', () => {
  const oldKey = softwareKey({ key: 'ec', hash: 'sha384' }, 'brainpoolP384r1');
  const newKey = softwareKey({ key: 'rsa-pss', hash: 'sha512' }, 2048);
  const issuer = { name: OLD, spki: oldKey.spki };
  const link = (subject: typeof OLD) => issued(cscaLinkCertificate({ ...authority, subject, spki: newKey.spki, issuer }), oldKey);

  test.each([
    ['the name stays: no Name Change', OLD, false],
    ['the name changes: issuer old, subject new, Name Change NULL and not critical', NEW, true],
  ] as const)('%s', async (_, subject, renamed) => {
    const certificate = parseCertificate(await link(subject));
    const root = parseCertificate(await issued(cscaCertificate({ ...authority, subject: OLD, spki: oldKey.spki }), oldKey));
    expect(certificate.issuer).toEqual(root.subject);
    expect(Buffer.compare(certificate.subject, root.subject) !== 0).toBe(renamed);
    expect(certificate.spki).toEqual(newKey.spki);
    expect(certificate.authorityKeyIdentifier).toEqual(root.subjectKeyIdentifier);
    const expected = renamed ? { critical: false, value: Uint8Array.of(0x05, 0x00) } : undefined;
    expect(certificate.extensions.get('2.23.136.1.1.6.1')).toEqual(expected);
    expect(lintEncodedCertificate(certificate.certificate, 'csca-link', issuedBy(root))).toEqual([]);
    expect(await secondOpinion(certificate.certificate, root.certificate)).toBe(true);
    expect(new X509Certificate(certificate.certificate).verify(root.publicKey)).toBe(true);
  });

  test('signed by the new key it is refused', async () => {
    const token = prepareCertificate(cscaLinkCertificate({ ...authority, subject: NEW, spki: newKey.spki, issuer }), {
      ...issuer,
      algorithm: oldKey.algorithm,
    });
    await expect(issueCertificate(token, () => Promise.resolve(newKey.sign(token.tbs)))).rejects.toMatchObject({
      code: 'CERTIFICATE_SIGNATURE_REJECTED',
    });
  });
});
