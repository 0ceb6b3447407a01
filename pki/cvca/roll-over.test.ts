import { beforeAll, describe, expect, it } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import {
  CV_ALGORITHMS,
  cvCertificate,
  cvCertificatePath,
  cvTrustPoint,
  encodeCvCertificateBody,
  inspectionRights,
  verifyCvChain,
} from '#encoder/cv-certificate';
import { SoftwareHsm } from '#hsm-mocks';
import type { EcCurveName } from '#pki/ec';
import type { EcKey } from '#pki/hsm';
import { addDays, addYears } from '#pki/x509';
import {
  cvcaBody,
  cvcaLinkBody,
  cvPublicKey,
  cvTokenOf,
  documentVerifierBody,
  holderOfChain,
  inspectionSystemBody,
  issueCv,
  prepareCvCertificate,
  successorBody,
} from './index.ts';

const NOW = new Date('2026-11-22T09:00:00Z');
const LATER = addYears(NOW, 2);
const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
const signBy = (key: EcKey) => (digest: Uint8Array) => hsm.sign(key, digest);
const newKey = (label: string, curve: EcCurveName = 'brainpoolP256r1') => hsm.generateEcKey({ label, curve, purpose: 'sign' });
const certify = (body: Parameters<typeof prepareCvCertificate>[0], by: EcKey) =>
  issueCv(prepareCvCertificate(body, cvPublicKey(by)), signBy(by));
const decode = (bytes: Uint8Array) => cvCertificate.decode(bytes);

interface Keys {
  readonly cvca: EcKey;
  readonly next: EcKey;
  readonly dv: EcKey;
  readonly is: EcKey;
}
let keys: Keys;
let root: Uint8Array;
let dv: Uint8Array;
let is: Uint8Array;
beforeAll(async () => {
  await hsm.open(pin);
  keys = { cvca: await newKey('cvca'), next: await newKey('cvca 2', 'brainpoolP384r1'), dv: await newKey('dv'), is: await newKey('is') };
  root = await certify(cvcaBody({ holder: 'VNCVCA00001', key: keys.cvca, from: NOW, years: 3 }), keys.cvca);
  dv = await certify(documentVerifierBody({ issuer: root, holder: 'VNDV00001', key: keys.dv, from: NOW, days: 90 }), keys.cvca);
  is = await certify(inspectionSystemBody({ issuer: dv, holder: 'VNIS00001', key: keys.is, from: NOW, days: 30 }), keys.dv);
});

const link = () => certify(cvcaLinkBody({ issuer: root, key: keys.next, from: LATER, years: 3 }), keys.cvca);

describe('TR-03110-3 §2.2, Doc 9303-11 §7.1.4.3.2: CVCA link certificates', () => {
  it('a chip that knows the old CVCA key follows the link to the new one, on another curve, and lets its inspection systems read', async () => {
    const linked = await link();
    const [dvKey, isKey] = [await newKey('dv 2', 'brainpoolP384r1'), await newKey('is 2', 'brainpoolP384r1')];
    const nextRoot = await certify(cvcaBody({ holder: 'VNCVCA00002', key: keys.next, from: LATER, years: 3 }), keys.next);
    const nextDv = await certify(
      successorBody({ current: dv, issuer: nextRoot, key: dvKey, from: addDays(LATER, 1), days: 90 }),
      keys.next,
    );
    const nextIs = await certify(successorBody({ current: is, issuer: nextDv, key: isKey, from: addDays(LATER, 1), days: 30 }), dvKey);
    // The path is the reader's part, the chain the chip's: the card of before the roll-over names key 1, the card of today key 2.
    const certificates = [linked, nextDv, dv, root, nextRoot];
    const path = cvCertificatePath(['VNCVCA00001'], { terminal: nextIs, certificates });
    expect(path).toEqual([linked, nextDv, nextIs]);
    const state = verifyCvChain([cvTrustPoint(decode(root))], path.map(decode), '2026-11-22');
    expect(state.imported === undefined ? null : inspectionRights(state.imported)).toEqual({ dg3: true, dg4: false });
    expect(state.trustPoints.map(({ reference }) => reference)).toEqual(['VNCVCA00002', 'VNCVCA00001']);
    expect(cvCertificatePath(['VNCVCA00002'], { terminal: nextIs, certificates })).toEqual([nextDv, nextIs]);
    expect(verifyCvChain([cvTrustPoint(decode(nextRoot))], [nextDv, nextIs].map(decode), '2026-11-22').imported?.reference).toBe(
      'VNIS00002',
    );
  });

  it('link and self-signed certificate hold the same key under the same reference', async () => {
    const [linked, self] = [
      decode(await link()),
      decode(await certify(cvcaBody({ holder: 'VNCVCA00002', key: keys.next, from: LATER, years: 3 }), keys.next)),
    ];
    expect(linked.body).toEqual({ ...self.body, certificationAuthorityReference: 'VNCVCA00001' });
  });

  it.each([
    ['a-new-key', () => cvcaLinkBody({ issuer: root, key: keys.cvca, from: LATER, years: 3 })],
    ['effective-after-the-key-in-use', () => cvcaLinkBody({ issuer: root, key: keys.next, from: NOW, years: 3 })],
    ['signed-while-the-key-in-use-is-valid', () => cvcaLinkBody({ issuer: root, key: keys.next, from: addYears(NOW, 4), years: 3 })],
    ['the-role-of-the-key-in-use', () => cvcaLinkBody({ issuer: dv, key: keys.next, from: LATER, years: 3 })],
  ])('refused: %s', (rule, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'CVCA_ROLL_OVER_REFUSED', detail: rule }));
  });
});

describe('the next key of a document verifier and of an inspection system', () => {
  it('takes the next number and the rights of the one before', async () => {
    const [dvKey, isKey] = [await newKey('dv 3'), await newKey('is 3')];
    const nextDv = await certify(successorBody({ current: dv, issuer: root, key: dvKey, from: addDays(NOW, 60), days: 90 }), keys.cvca);
    const nextIs = await certify(successorBody({ current: is, issuer: nextDv, key: isKey, from: addDays(NOW, 60), days: 30 }), dvKey);
    expect(decode(nextDv).body).toMatchObject({ certificateHolderReference: 'VNDV00002', certificationAuthorityReference: 'VNCVCA00001' });
    expect(decode(nextIs).body).toMatchObject({ certificateHolderReference: 'VNIS00002', certificationAuthorityReference: 'VNDV00002' });
    const holder = holderOfChain([root, nextDv, nextIs], addDays(NOW, 61));
    expect([holder.reference, inspectionRights(holder)]).toEqual(['VNIS00002', { dg3: true, dg4: false }]);
    // The old inspection system goes on under the old document verifier until both expire.
    expect(holderOfChain([root, dv, is], addDays(NOW, 20)).reference).toBe('VNIS00001');
    expect(() => holderOfChain([root, dv, is], addDays(NOW, 61))).toThrow(expect.objectContaining({ code: 'CV_EXPIRED' }));
  });

  it.each([
    ['a-new-key', () => successorBody({ current: dv, issuer: root, key: keys.dv, from: LATER, days: 1 })],
    ['not-before-the-key-in-use', () => successorBody({ current: dv, issuer: root, key: keys.next, from: addDays(NOW, -1), days: 1 })],
    ['certified-by-the-role-above', () => successorBody({ current: dv, issuer: dv, key: keys.next, from: LATER, days: 1 })],
    ['certified-by-the-role-above', () => successorBody({ current: is, issuer: root, key: keys.next, from: LATER, days: 1 })],
    [
      'a-cvca-is-followed-by-a-link-certificate',
      () => successorBody({ current: root, issuer: root, key: keys.next, from: LATER, days: 1 }),
    ],
  ])('refused: %s', (rule, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'CVCA_ROLL_OVER_REFUSED', detail: rule }));
  });
});

describe('TR-03110-3 §A.6.4.2: every curve of the tokens', () => {
  it.each([
    ['P-256', 'id-TA-ECDSA-SHA-256'],
    ['P-384', 'id-TA-ECDSA-SHA-384'],
    ['P-521', 'id-TA-ECDSA-SHA-512'],
    ['brainpoolP256r1', 'id-TA-ECDSA-SHA-256'],
    ['brainpoolP384r1', 'id-TA-ECDSA-SHA-384'],
    ['brainpoolP512r1', 'id-TA-ECDSA-SHA-512'],
  ] as const)('%s by %s: a chain down to an inspection system', async (curve, algorithm) => {
    const [cvca, verifier, terminal] = [await newKey('c', curve), await newKey('d', curve), await newKey('i', curve)];
    const self = await certify(cvcaBody({ holder: 'VNCVCA00001', key: cvca, from: NOW, years: 3 }), cvca);
    const below = await certify(documentVerifierBody({ issuer: self, holder: 'VNDV00001', key: verifier, from: NOW, days: 90 }), cvca);
    const last = await certify(inspectionSystemBody({ issuer: below, holder: 'VNIS00001', key: terminal, from: NOW, days: 30 }), verifier);
    const { publicKey, reference } = holderOfChain([self, below, last], NOW);
    expect([reference, CV_ALGORITHMS[publicKey.algorithm]?.name]).toEqual(['VNIS00001', algorithm]);
    expect(publicKey).toEqual(cvPublicKey(terminal));
  });
});

describe('prepare → token → issue', () => {
  const body = () => documentVerifierBody({ issuer: root, holder: 'VNDV00009', key: keys.dv, from: NOW, days: 90 });

  it('P5: bytes that were recorded make the same certificate again; a token is spent once', async () => {
    const token = prepareCvCertificate(body(), cvPublicKey(keys.cvca));
    expect(token.tbs).toEqual(encodeCvCertificateBody(body()));
    const again = cvTokenOf('certificate', token.tbs, cvPublicKey(keys.cvca));
    expect(again.digest).toEqual(token.digest);
    await issueCv(token, signBy(keys.cvca));
    await expect(issueCv(token, signBy(keys.cvca))).rejects.toMatchObject({ code: 'CVCA_TOKEN_SPENT' });
    expect(decode(await issueCv(again, signBy(keys.cvca))).body).toEqual(body());
  });

  it('threat: a token that signs with another key', async () => {
    await expect(issueCv(prepareCvCertificate(body(), cvPublicKey(keys.cvca)), signBy(keys.next))).rejects.toMatchObject({
      code: 'CVCA_SIGNATURE_INVALID',
    });
  });

  it.each([
    ['expires-on-or-after-the-day-it-is-effective', () => ({ ...body(), expirationDate: '2026-01-01' })],
    ['domain-parameters-in-cvca-certificates-only', () => ({ ...body(), publicKey: cvPublicKey(keys.dv) })],
    ['algorithm-of-the-issuer', () => ({ ...body(), publicKey: { ...body().publicKey, algorithm: '0.4.0.127.0.7.2.2.2.2.4' } })],
    [
      'key-on-the-curve-of-the-issuer',
      () => documentVerifierBody({ issuer: root, holder: 'VNDV00009', key: keys.next, from: NOW, days: 9 }),
    ],
  ])('lint: %s', (rule, bad) => {
    expect(() => prepareCvCertificate(bad(), cvPublicKey(keys.cvca))).toThrow(
      expect.objectContaining({ code: 'CVCA_LINT', detail: expect.stringContaining(rule) as string }),
    );
    expect(prepareCvCertificate(body(), cvPublicKey(keys.cvca)).kind).toBe('certificate');
  });

  it('bad input: a link certificate with any byte changed is followed by no chip', async () => {
    const linked = await link();
    const trust = cvTrustPoint(decode(root));
    const followed = (bytes: Uint8Array) => {
      try {
        return verifyCvChain([trust], [decode(bytes)], '2026-11-22').trustPoints.length === 2;
      } catch (error) {
        if (error instanceof Error && 'code' in error) return false;
        throw error;
      }
    };
    expect(followed(linked)).toBe(true);
    for (let at = 0; at < linked.length; at += 1) {
      expect(`${at} ${followed(linked.map((byte, index) => (index === at ? byte ^ 1 : byte)))}`).toBe(`${at} false`);
    }
  });
});
