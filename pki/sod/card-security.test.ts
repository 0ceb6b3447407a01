import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromHex, Secret, utf8 } from '#encoder/bytes';
import { efCardSecurity } from '#encoder/lds';
import { SoftwareHsm } from '#hsm-mocks';
import { encodeSignedAttributes, encodeSignedData, signerIdentifier, type SignerIdentifierForm } from '#pki/cms';
import { derSignature, explicitSpki, type EcCurveName } from '#pki/ec';
import { NOW, specimenPki, type SpecimenPki } from '#pki/testing';
import { addDays, OID, subjectPublicKeyInfo, type DigestSigner } from '#pki/x509';
import type { SodAlgorithms, SodDigest } from './algorithms.ts';
import { verifyCardSecurity, type CardSecurityVerdict } from './card-security.ts';
import { documentSigner } from './document-signer.ts';
import { issueCardSecurity, type CardSecurityRequest } from './issue-card-security.ts';
import { ISSUED_AT, throwAwayPki } from './throw-away.fixture.ts';
import type { PassiveAuthenticationOptions } from './document-signer-checks.ts';

const SECURITY_OBJECT = '0.4.0.127.0.7.3.2.1';
/** SecurityInfos with one PACEInfo. */
const CONTENT = fromHex('3114 3012 060A04007F00070202040602 020102 02010D');

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let options: PassiveAuthenticationOptions;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  options = { csca: [pki.csca], at: addDays(NOW, 10) };
});

async function signed(content: Uint8Array, contentType = SECURITY_OBJECT): Promise<Uint8Array> {
  const { certificate } = pki.signer;
  const signedAttributes = encodeSignedAttributes({ contentType, messageDigest: createHash('sha256').update(content).digest() });
  const signature = derSignature(await hsm.sign(pki.signerKey, Uint8Array.from(createHash('sha256').update(signedAttributes).digest())));
  return encodeSignedData({
    contentType,
    content,
    algorithm: { key: 'ec', hash: 'sha256' },
    certificates: [certificate.certificate],
    signer: signerIdentifier(certificate),
    signedAttributes,
    signature,
  });
}

const USUAL = { objectVersion: 0, digest: 'SHA-256', digestParameters: 'absent' } as const;

/** A key of the software token that signs digests by what the profile names. */
async function tokenKey(signature: SodAlgorithms['signature']): Promise<{ readonly spki: Uint8Array; readonly sign: DigestSigner }> {
  if (signature.kind === 'ecdsa') {
    const curve = signature.curve as EcCurveName;
    const key = await hsm.generateEcKey({ label: 'ds', curve, purpose: 'sign' });
    return { spki: explicitSpki(curve, key.point), sign: (digest) => hsm.sign(key, digest) };
  }
  const key = await hsm.generateRsaKey({ label: 'ds', bits: 2048, purpose: 'sign' });
  const spki = subjectPublicKeyInfo({ kind: 'rsa', publicKey: key.publicKey });
  return { spki, sign: (digest) => hsm.sign(key, digest, { padding: 'pss', hash: 'sha256' }) };
}

describe('Doc 9303-10 §3.11.4: EF.CardSecurity as we sign it', () => {
  const ecdsa = (curve: EcCurveName, digest: SodDigest): SodAlgorithms['signature'] => ({ kind: 'ecdsa', curve, digest });
  const pss: SodAlgorithms['signature'] = { kind: 'rsassa-pss', bits: 2048, digest: 'SHA-256' };

  test.each<readonly [string, SodAlgorithms['signature'], SignerIdentifierForm]>([
    ['ECDSA brainpoolP384r1 SHA-384', ecdsa('brainpoolP384r1', 'SHA-384'), 'issuer-and-serial-number'],
    ['ECDSA P-256 SHA-256', ecdsa('P-256', 'SHA-256'), 'subject-key-identifier'],
    ['RSASSA-PSS 2048 SHA-256', pss, 'issuer-and-serial-number'],
  ])('%s, %3$s: good, with its SecurityInfos', async (_title, signature, signerIdentifier) => {
    const { spki, sign } = await tokenKey(signature);
    const made = await throwAwayPki({ spki });
    const algorithms: SodAlgorithms = { ...USUAL, signature, signerIdentifier };
    const request = { securityInfos: CONTENT, signer: documentSigner(made.documentSigner), at: ISSUED_AT, algorithms };
    const file = await issueCardSecurity(request, sign);
    expect(verifyCardSecurity(file, { csca: [made.csca], at: ISSUED_AT })).toMatchObject({ good: true, securityInfos: CONTENT });
  });

  test('what is no SecurityInfos, a key that the profile does not name, a day out of the usage period: nothing is signed', async () => {
    const request = { securityInfos: CONTENT, signer: pki.signer, at: NOW };
    const sign = () => Promise.reject(new Error('asked to sign'));
    const refused = (changes: Partial<CardSecurityRequest>) => issueCardSecurity({ ...request, ...changes }, sign);
    await expect(refused({ securityInfos: Uint8Array.of(0x30, 0) })).rejects.toMatchObject({ code: 'SOD_DATA_GROUP_INVALID' });
    await expect(refused({ algorithms: { ...USUAL, signature: ecdsa('P-256', 'SHA-256') } })).rejects.toMatchObject({ code: 'SOD_LINT' });
    await expect(refused({ at: addDays(NOW, 91) })).rejects.toMatchObject({ code: 'SOD_SIGNER_OUTSIDE_USAGE_PERIOD' });
  });

  test('P5: a signature by another key does not leave', async () => {
    const other = await hsm.generateEcKey({ label: 'ds', curve: 'brainpoolP384r1', purpose: 'sign' });
    const request = { securityInfos: CONTENT, signer: pki.signer, at: NOW };
    await expect(issueCardSecurity(request, (digest) => hsm.sign(other, digest))).rejects.toMatchObject({ code: 'CMS_SIGNATURE_REJECTED' });
  });
});

const failures = ({ checks }: CardSecurityVerdict) => checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);

describe('Doc 9303-10 §3.11.4: Passive Authentication of EF.CardSecurity', () => {
  test('signed by a Document Signer of a CSCA that is known: good, with its SecurityInfos', async () => {
    const file = await signed(CONTENT);
    expect(efCardSecurity.decode(file)).toEqual({ contentInfo: file });
    expect(verifyCardSecurity(file, options)).toMatchObject({ good: true, securityInfos: CONTENT });
  });

  test('threat: an EF.SOD in its place is no security object', async () => {
    expect(failures(verifyCardSecurity(await signed(CONTENT, OID.ldsSecurityObject), options))).toEqual(['SOD_MALFORMED']);
  });

  test('a CSCA that is not known', async () => {
    expect(failures(verifyCardSecurity(await signed(CONTENT), { ...options, csca: [] }))).toEqual(['CSCA_UNKNOWN']);
  });

  test('threat: no changed byte is believed, and none makes it throw', async () => {
    const file = await signed(CONTENT);
    for (let at = 0; at < file.length; at += 3) {
      const verdict = verifyCardSecurity(
        file.map((byte, index) => (index === at ? byte ^ 0x11 : byte)),
        options,
      );
      expect(`${at} ${verdict.good}`).toBe(`${at} false`);
    }
    for (let length = 0; length < file.length; length += 11) {
      expect(verifyCardSecurity(file.subarray(0, length), options).good).toBe(false);
    }
  });
});
