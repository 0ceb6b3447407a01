import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { LyingHsm, SoftwareHsm } from '#hsm-mocks';
import { namedSpki } from '#pki/ec';
import { NOW } from '#pki/testing';
import {
  addYears,
  issueCertificate,
  parseCertificate,
  plantSignerCertificate,
  prepareCertificate,
  subjectPublicKeyInfo,
  type DigestSigner,
  type SignatureAlgorithm,
} from '#pki/x509';
import { signAttached, type CmsSigner } from './attached.ts';
import { namedAlgorithm } from './foreign-algorithm.ts';
import { parseSignedData, verifySignerInfo } from './signed-data.ts';

const MASTER_LIST = '2.23.136.1.1.2';
const CONTENT = utf8('a list of certificates');

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
beforeAll(() => hsm.open(pin));

async function certified(spki: Uint8Array, algorithm: SignatureAlgorithm, sign: DigestSigner): Promise<Uint8Array> {
  const name = { country: 'VN', commonName: 'Lists SPECIMEN' };
  const usage = { notBefore: NOW, notAfter: addYears(NOW, 2) };
  const request = plantSignerCertificate({ subject: name, serialNumber: Uint8Array.of(7), spki, usage, notAfter: addYears(NOW, 12) });
  return issueCertificate(prepareCertificate(request, { name, spki, algorithm }), sign);
}

async function ecSigner(curve: 'P-256' | 'brainpoolP512r1', hash: 'sha256' | 'sha512'): Promise<CmsSigner> {
  const key = await hsm.generateEcKey({ label: 'lists', curve, purpose: 'sign' });
  const algorithm = { key: 'ec', hash } as const;
  const sign: DigestSigner = (digest) => hsm.sign(key, digest);
  return { certificate: await certified(namedSpki(curve, key.point), algorithm, sign), algorithm, sign };
}

async function rsaSigner(padding: 'pkcs1' | 'pss'): Promise<CmsSigner> {
  const key = await hsm.generateRsaKey({ label: 'lists', bits: 2048, purpose: 'sign' });
  const algorithm = { key: padding === 'pss' ? 'rsa-pss' : 'rsa', hash: 'sha384' } as const;
  const sign: DigestSigner = (digest) => hsm.sign(key, digest, { padding, hash: 'sha384' });
  const spki = subjectPublicKeyInfo({ kind: 'rsa', publicKey: key.publicKey });
  return { certificate: await certified(spki, algorithm, sign), algorithm, sign };
}

describe('RFC 5652: SignedData with its content inside', () => {
  test.each<readonly [string, () => Promise<CmsSigner>]>([
    ['ECDSA P-256 SHA-256', () => ecSigner('P-256', 'sha256')],
    ['ECDSA brainpoolP512r1 SHA-512', () => ecSigner('brainpoolP512r1', 'sha512')],
    ['RSASSA-PKCS1-v1_5 SHA-384', () => rsaSigner('pkcs1')],
    ['RSASSA-PSS SHA-384', () => rsaSigner('pss')],
  ])('%s: version 3, one digest throughout, read and verified; by issuer (1) and by key identifier (3)', async (_title, make) => {
    const signer = await make();
    const other = (await ecSigner('P-256', 'sha256')).certificate;
    for (const [identifiedBy, version] of [
      ['issuer-and-serial-number', 1],
      ['subject-key-identifier', 3],
    ] as const) {
      const what = { contentType: MASTER_LIST, content: CONTENT, signingTime: NOW, certificates: [other] };
      const data = parseSignedData(await signAttached(what, { ...signer, identifiedBy }), 'list');
      expect([data.version, data.signerInfo.version, data.content]).toEqual([3, version, CONTENT]);
      expect(data.signerInfo.signingTime).toEqual(NOW);
      expect(data.certificates.map((der) => Buffer.from(der))).toEqual(
        [signer.certificate, other].map((der) => Buffer.from(der)).toSorted((a, b) => Buffer.compare(a, b)),
      );
      expect(namedAlgorithm(data.signerInfo)).toEqual({ algorithm: signer.algorithm, named: 'exactly' });
      expect(verifySignerInfo(data, CONTENT, parseCertificate(signer.certificate))).toBeUndefined();
      expect(verifySignerInfo(data, utf8('another list'), parseCertificate(signer.certificate))).toBe('message-digest');
      expect(verifySignerInfo(data, CONTENT, parseCertificate(other))).toBe('signature');
    }
  });

  test('P5: what a lying token signs does not leave, nor what the wrong kind of key signs', async () => {
    const key = await hsm.generateEcKey({ label: 'lists', curve: 'P-256', purpose: 'sign' });
    const algorithm = { key: 'ec', hash: 'sha256' } as const;
    const certificate = await certified(namedSpki('P-256', key.point), algorithm, (digest) => hsm.sign(key, digest));
    const liar = new LyingHsm(hsm, ['wrong-signature', 'other-message']);
    const what = { contentType: MASTER_LIST, content: CONTENT };
    const sign: DigestSigner = (digest) => liar.sign(key, digest);
    await expect(signAttached(what, { certificate, algorithm, sign })).rejects.toMatchObject({ code: 'CMS_SIGNATURE_REJECTED' });
    await expect(signAttached(what, { certificate, algorithm, sign })).rejects.toMatchObject({ code: 'CMS_SIGNATURE_REJECTED' });
    await expect(signAttached(what, { certificate, algorithm: { key: 'rsa', hash: 'sha256' }, sign })).rejects.toMatchObject({
      code: 'CMS_SIGNATURE_REJECTED',
    });
  });
});
