import { createHash, generateKeyPairSync, sign as signNode } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  cvCertificate,
  cvDomainParameters,
  cvTrustPoint,
  encodeCvCertificateBody,
  inspectionRights,
  verifyCvChain,
  type CvCertificateBody,
  type CvPublicKey,
} from '#encoder/cv-certificate';
import {
  cvcaBody,
  documentVerifierBody,
  holderReference,
  inspectionSystemBody,
  issueCvCertificate,
  nextHolderReference,
  type CvKey,
} from './index.ts';

const NOW = new Date('2026-11-22T09:00:00Z');

function pair(): { key: CvKey; sign: (digest: Uint8Array) => Promise<Uint8Array> } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' });
  const point = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })).slice(-65);
  // node:crypto signs messages, not digests: the test's token hashes again what it finds by its digest.
  return {
    key: { curve: 'brainpoolP256r1', point },
    sign: (digest) => {
      const message = MESSAGES.get(Buffer.from(digest).toString('hex'));
      if (message === undefined) throw new Error('a digest of nothing that was built');
      return Promise.resolve(Uint8Array.from(signNode('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })));
    },
  };
}

const MESSAGES = new Map<string, Uint8Array>();
const keyOf = ({ point }: CvKey): CvPublicKey => ({
  kind: 'ecdsa',
  algorithm: '0.4.0.127.0.7.2.2.2.2.3',
  domainParameters: cvDomainParameters('brainpoolP256r1'),
  publicPoint: point,
});

function issue(body: CvCertificateBody, issuer: ReturnType<typeof pair>): Promise<Uint8Array> {
  const message = encodeCvCertificateBody(body);
  MESSAGES.set(createHash('sha256').update(message).digest('hex'), message);
  return issueCvCertificate(body, keyOf(issuer.key), issuer.sign);
}

describe('BSI TR-03110-3 annex C: the chain of Terminal Authentication', () => {
  it('CVCA, document verifier, inspection system: a chip that trusts the first one grants DG3 and nothing more', async () => {
    const [cvca, verifier, terminal] = [pair(), pair(), pair()];
    const root = await issue(
      cvcaBody({ holder: holderReference({ country: 'VN', mnemonic: 'CVCA' }, 1), key: cvca.key, from: NOW, years: 3 }),
      cvca,
    );
    const dv = await issue(documentVerifierBody({ issuer: root, holder: 'VNDV00001', key: verifier.key, from: NOW, days: 90 }), cvca);
    const is = await issue(inspectionSystemBody({ issuer: dv, holder: 'VNIS00001', key: terminal.key, from: NOW, days: 30 }), verifier);
    const trust = cvTrustPoint(cvCertificate.decode(root));
    const chain = [dv, is].map((bytes) => cvCertificate.decode(bytes));
    const { imported } = verifyCvChain([trust], chain, '2026-11-22');
    expect(imported?.role).toBe('terminal');
    expect(imported === undefined ? null : inspectionRights(imported)).toEqual({ dg3: true, dg4: false });
  });

  it('§C.1.3: no certificate outlives its issuer', async () => {
    const cvca = pair();
    const root = await issue(cvcaBody({ holder: 'VNCVCA00001', key: cvca.key, from: NOW, years: 1 }), cvca);
    const body = documentVerifierBody({
      issuer: root,
      holder: 'VNDV00001',
      key: pair().key,
      from: new Date('2027-11-01T00:00:00Z'),
      days: 90,
    });
    expect(body.expirationDate).toBe(cvCertificate.decode(root).body.expirationDate);
  });

  it('threat: a token that signs with another key: the certificate is not handed out', async () => {
    const [cvca, stranger] = [pair(), pair()];
    const body = cvcaBody({ holder: 'VNCVCA00001', key: cvca.key, from: NOW, years: 1 });
    await expect(issue(body, { key: cvca.key, sign: stranger.sign })).rejects.toMatchObject({ code: 'CVCA_SIGNATURE_INVALID' });
  });

  it('table 24: holder references, and the next one', () => {
    expect(nextHolderReference('VNCVCA00009')).toBe('VNCVCA00010');
    for (const bad of [
      () => nextHolderReference('VNCVCA99999'),
      () => holderReference({ country: 'V', mnemonic: 'X' }, 1),
      () => nextHolderReference('VN'),
    ]) {
      expect(bad).toThrow(expect.objectContaining({ code: 'CVCA_REFERENCE_INVALID' }));
    }
  });
});
