import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { cvCertificate, cvTrustPoint, verifyCvChain } from '#encoder/cv-certificate';
import { toHex } from '#encoder/bytes';
import { issueCertificateRequest, matchCertificate, prepareCertificateRequest } from '#pki/certificate-request';
import { parseCrl } from '#pki/crl';
import { deviationsOf, encodeDeviationList, importDeviationList } from '#pki/deviation-list';
import { importMasterList } from '#pki/master-list';
import { softwareKey } from '#pki/testing';
import { parseCertificate } from '#pki/x509';
import { resultOf, type CeremonyResult } from './ceremony-result.ts';
import type { PresentCustodian } from './custodian.ts';
import { fileOf, MemoryJournal, NOW, people, rehearse, softwareTokens, type SoftwareTokens } from './testing.ts';
import { verifyMinutes } from './verify-minutes.ts';

const DAY_MS = 86_400_000;
const named = (commonName: string) => ({ country: 'VN', organization: 'Cardmint Specimen', commonName });
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_MS);

let room: readonly PresentCustodian[];
let tokens: SoftwareTokens;
let first: CeremonyResult;
const journal = new MemoryJournal();

/** One ceremony more on the same tokens and minutes, `days` after the first: these tests follow one another. */
async function later(id: string, days: number, ...steps: readonly object[]): Promise<CeremonyResult> {
  return resultOf(await rehearse(fileOf(room, 2, steps, id), room, { ...tokens }, journal, { clock: () => inDays(days) }));
}

function signersOf({ lineTokens }: CeremonyResult, token: string): readonly Uint8Array[] {
  return (lineTokens[token] ?? expect.fail(token)).documentSigners.map(({ certificate }) => certificate);
}

beforeAll(async () => {
  room = await people(2, 2);
  tokens = await softwareTokens();
  first = resultOf(await rehearse(fileOf(room, 2), room, { ...tokens }, journal));
});

describe('ceremonies after the first: the same minutes go on', () => {
  test('Doc 9303-12 §4.1.5: the next CRL revokes, and keeps what was revoked', async () => {
    const [one = '', two = ''] = ['a', 'b']
      .flatMap((token) => signersOf(first, token))
      .map((der) => toHex(parseCertificate(der).serialNumber));
    await later('revoke-1', 1, { step: 'issue-crl', id: 'crl', days: 90, revoked: [{ serialNumber: one }] });
    const { crl } = await later('revoke-2', 2, { step: 'issue-crl', id: 'crl', days: 30, revoked: [{ serialNumber: two }] });
    expect(parseCrl(crl)).toMatchObject({ thisUpdate: inDays(2) });
    expect(parseCrl(crl).revoked.map(toHex)).toEqual([one, two]);

    // A ceremony that a rule stops is given up by the next one, which says so in its file; nobody else begins meanwhile.
    const refused = { step: 'issue-crl', id: 'crl', days: 30, revoked: [{ serialNumber: two }] };
    await expect(later('revoke-3', 3, refused)).rejects.toMatchObject({ code: 'CEREMONY_STEP_REFUSED' });
    const next = { step: 'issue-crl', id: 'crl', days: 30, revoked: [] };
    await expect(later('revoke-4', 3, next)).rejects.toMatchObject({ code: 'CEREMONY_UNFINISHED', where: 'revoke-3' });
    const giveUp = new TextDecoder()
      .decode(fileOf(room, 2, [next], 'revoke-4'))
      .replace('"purpose"', '"abandons": "revoke-3",\n  "purpose"');
    const minutes = await rehearse(new TextEncoder().encode(giveUp), room, { ...tokens }, journal, { clock: () => inDays(3) });
    expect(parseCrl(resultOf(minutes).crl).revoked.map(toHex)).toEqual([one, two]);
  });

  test('Doc 9303-12 §9, §10: master list and deviation list, each by its own signer', async () => {
    const signer = { curve: 'P-256', usageDays: 365, validDays: 730 };
    const deviation = {
      documentSigners: signersOf(first, 'a'),
      documentType: 'ID',
      documents: { of: 'all' },
      kind: { type: 'sod-signature-wrong' },
      description: 'a test',
    } as const;
    const result = await later(
      'lists',
      4,
      { step: 'make-master-list-signer', id: 'mls', name: named('MLS'), ...signer },
      { step: 'issue-master-list', id: 'ml', foreign: [] },
      { step: 'make-deviation-list-signer', id: 'dls', name: named('DLS'), ...signer },
      { step: 'issue-deviation-list', id: 'dl', content: toHex(encodeDeviationList(deviationsOf([deviation]))) },
    );
    const against = { csca: result.csca.all, at: inDays(4) };
    const masterList = importMasterList(result.masterList ?? expect.fail('a master list'), against);
    expect(masterList).toMatchObject({ certificates: result.csca.all, findings: [] });
    expect(importDeviationList(result.deviationList ?? expect.fail('a deviation list'), against).findings).toEqual([]);
  });

  test('RFC 2986: requests of others are certified once, under the name and key that they carry', async () => {
    const key = softwareKey({ key: 'ec', hash: 'sha256' }, 'P-256');
    const prepared = prepareCertificateRequest({ subject: named('DS of others'), key: key.subject, algorithm: key.algorithm });
    const request = await issueCertificateRequest(prepared, key.signerOf(prepared.info));
    const step = { step: 'certify-requests', id: 'requests', requests: [toHex(request)], usageDays: 90 };
    const { certified, csca } = await later('certify', 5, step);
    const certificate = certified[0] ?? expect.fail('a certificate');
    const findings = matchCertificate({
      certificate,
      spki: key.spki,
      csca: csca.all,
      documentTypes: ['ID'],
      technicalLifeYears: 25,
      at: inDays(5),
    });
    expect(findings).toEqual([]);
  });

  test('Doc 9303-12 §4.1.4, §7.1.1.5: the CSCA rolls over under another name; the old key signs until the new one has rested', async () => {
    const rollOver = {
      step: 'roll-over-csca',
      id: 'next',
      name: named('CSCA SPECIMEN 2'),
      key: { curve: 'P-384' },
      usageYears: 5,
      documentSignerDays: 90,
      restHours: 48,
    };
    const { csca } = await later('roll-over', 10, rollOver);
    expect(csca.all).toHaveLength(2);
    // The new one rests: the old one is in use, until it has rested.
    expect(csca.current.certificate).toEqual(csca.all[0]);
    const minutes = verifyMinutes(journal.text ?? '', 'rehearsal').minutes;
    expect(resultOf(minutes, inDays(12)).csca.current.certificate).toEqual(csca.all[1]);
    const [old, link, root] = [csca.all[0], csca.links[0], csca.all[1]].map((der) => parseCertificate(der ?? expect.fail('a certificate')));
    if (old === undefined || link === undefined || root === undefined) expect.fail('three certificates');
    expect(root.certificate).not.toEqual(old.certificate);
    expect([link.issuer, link.subject, link.spki]).toEqual([old.subject, root.subject, root.spki]);
    expect(new X509Certificate(link.certificate).verify(new X509Certificate(old.certificate).publicKey)).toBe(true);

    const signers = (id: string, number: number) => ({
      step: 'make-document-signers',
      id,
      token: 'a',
      name: named('DS a'),
      firstNumber: number,
      count: 1,
      key: { curve: 'P-256' },
      usageDays: 90,
    });
    const resting = await later('during-rest', 11, signers('two', 2));
    expect(parseCertificate(signersOf(resting, 'a').at(-1) ?? expect.fail('a DS')).issuer).toEqual(old.subject);
    const rested = await later('after-rest', 13, signers('three', 3));
    expect(parseCertificate(signersOf(rested, 'a').at(-1) ?? expect.fail('a DS')).issuer).toEqual(root.subject);
    expect(parseCertificate(rested.csca.current.certificate).subject).toEqual(root.subject);
  });

  test('TR-03110-3 §2.2: the CVCA rolls over, chips follow its link, and the document verifier is renewed under the new key', async () => {
    const result = await later(
      'cvca',
      20,
      { step: 'roll-over-cvca', id: 'next', curve: 'P-256', years: 3 },
      { step: 'renew-document-verifier', id: 'dv', token: 'a', days: 90 },
    );
    const trust = cvTrustPoint(cvCertificate.decode(first.cvca.certificate));
    const chain = [...result.cvca.links, result.lineTokens['a']?.documentVerifier.certificate ?? expect.fail('a DV')];
    expect(
      verifyCvChain(
        [trust],
        chain.map((der) => cvCertificate.decode(der)),
        '2026-12-12',
      ).imported?.reference,
    ).toBe('VNSPECDVA00002');
    expect(cvCertificate.decode(result.cvca.certificate).body.certificateHolderReference).toBe('VNSPECIMEN00002');
  });

  test('P12: the end of a key: destroyed, looked for in vain, and signing with it is impossible', async () => {
    const { key } = first.lineTokens['a']?.documentSigners[0] ?? expect.fail('a DS');
    const step = { step: 'destroy-key', id: 'end', token: 'a', keyId: toHex(key.keyId), reason: 'its usage period is over' };
    const result = await later('destroy', 30, { ...step, role: 'document-signer' });
    expect(result.lineTokens['a']?.documentSigners.some((other) => toHex(other.key.keyId) === toHex(key.keyId))).toBe(false);
    await expect(tokens.a.sign(key, new Uint8Array(32))).rejects.toMatchObject({ code: 'HSM_KEY_NOT_FOUND' });
    const evidence = verifyMinutes(journal.text ?? '', 'rehearsal').minutes.find(({ step: kind }) => kind === 'key-destroyed');
    expect(evidence?.facts).toMatchObject({ role: 'document-signer', left: '0', foundAfterwards: 'HSM_KEY_NOT_FOUND' });
  });

  test('all of it is one chain of minutes, each ceremony closed by its people', () => {
    const { ceremonies } = verifyMinutes(journal.text ?? '', 'rehearsal');
    expect(ceremonies.filter(({ finished }) => finished === undefined).map(({ ceremony }) => ceremony.id)).toEqual(['revoke-3']);
    expect(ceremonies).toHaveLength(12);
  });
});
