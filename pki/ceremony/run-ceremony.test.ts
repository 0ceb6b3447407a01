import { X509Certificate } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cvCertificate, cvTrustPoint, verifyCvChain } from '#encoder/cv-certificate';
import { toHex } from '#encoder/bytes';
import { crlFault, parseCrl } from '#pki/crl';
import { addDays, addYears, parseCertificate } from '#pki/x509';
import type { PresentCustodian } from './custodian.ts';
import { resultOf } from './ceremony-result.ts';
import { fileOf, MASTER_KCV, MemoryJournal, NOW, people, rehearse, softwareTokens, type SoftwareTokens } from './testing.ts';
import { verifyMinutes } from './verify-minutes.ts';

let everybody: readonly PresentCustodian[];
let room: readonly PresentCustodian[];
let file: Uint8Array;
let tokens: SoftwareTokens;
let journal: MemoryJournal;
beforeAll(async () => {
  everybody = await people(2, 3);
  room = everybody.slice(0, 2);
  file = fileOf(everybody, 2);
});
beforeEach(async () => {
  tokens = await softwareTokens();
  journal = new MemoryJournal();
});
const run = (changes?: Parameters<typeof rehearse>[4]) => rehearse(file, room, { ...tokens }, journal, changes);

describe('a ceremony of two line tokens and an authority', () => {
  test('makes what the file says, each certificate verified by node:crypto', async () => {
    const result = resultOf(await run());
    const csca = new X509Certificate(result.csca.current.certificate);
    expect(csca.subject).toContain('CN=CSCA SPECIMEN');
    expect(csca.verify(csca.publicKey)).toBe(true);
    // Its last Document Signer, certified on its last day, verifies to the end of its last card (Doc 9303-12 §4.1.4).
    const { notAfter } = parseCertificate(result.csca.current.certificate).validity;
    expect(notAfter >= addYears(addDays(addYears(NOW, 5), 90), 25)).toBe(true);
    const trust = cvTrustPoint(cvCertificate.decode(result.cvca.certificate));
    expect(trust).toMatchObject({ reference: 'VNSPECIMEN00001', role: 'cvca', effectiveDate: '2026-11-22' });
    for (const token of ['a', 'b'] as const) {
      const keys = result.lineTokens[token] ?? expect.fail(`token ${token} has keys`);
      for (const { certificate } of keys.documentSigners) {
        expect(new X509Certificate(certificate).verify(csca.publicKey)).toBe(true);
        const { validity, privateKeyUsagePeriod } = parseCertificate(certificate);
        expect(validity.notAfter).toEqual(addYears(addDays(NOW, 90), 25));
        expect(privateKeyUsagePeriod).toEqual({ notBefore: NOW, notAfter: addDays(NOW, 90) });
      }
      for (const { certificate } of [keys.plantSigner, keys.birthCertificateSigner]) {
        const own = new X509Certificate(certificate);
        expect(own.verify(own.publicKey)).toBe(true);
      }
      verifyCvChain([trust], [cvCertificate.decode(keys.documentVerifier.certificate)], '2026-11-22');
      expect(toHex(keys.transportMasterKey.checkValue)).toBe(MASTER_KCV);
      expect(keys.citizenReferenceKey.bits).toBe(256);
    }
    const crl = parseCrl(result.crl);
    expect(crl.revoked).toEqual([]);
    expect(crlFault(crl, parseCertificate(result.csca.current.certificate), addDays(NOW, 89))).toBeUndefined();
    expect(crlFault(crl, parseCertificate(result.csca.current.certificate), addDays(NOW, 91))).toBe('stale');
  });

  test('both tokens have the same three AES keys, and different keys of every other kind', async () => {
    const { lineTokens } = resultOf(await run());
    const [a, b] = [lineTokens['a'] ?? expect.fail('a'), lineTokens['b'] ?? expect.fail('b')];
    for (const name of ['citizenReferenceKey', 'transportMasterKey', 'plantMasterKey'] as const) {
      const data = Uint8Array.of(1, 2, 3);
      expect(await tokens.a.cmac(a[name], data)).toEqual(await tokens.b.cmac(b[name], data));
    }
    expect(a.recordKey.publicKey).not.toEqual(b.recordKey.publicKey);
    expect(await tokens.a.cmac(a.citizenReferenceKey, Uint8Array.of(1))).not.toEqual(
      await tokens.a.cmac(a.plantMasterKey, Uint8Array.of(1)),
    );
  });

  test('leaves the authority’s token closed, and its minutes verify', async () => {
    await run();
    await expect(tokens.authority.list()).rejects.toMatchObject({ code: 'HSM_NOT_OPEN' });
    const { ceremonies } = verifyMinutes(journal.text ?? '', 'rehearsal');
    expect(ceremonies.map(({ ceremony, closedBy }) => [ceremony.id, closedBy.map(({ id }) => id)])).toEqual([
      ['test', ['person-1', 'person-2']],
    ]);
  });

  test('run again, it changes nothing and needs neither people nor tokens', async () => {
    const first = await run();
    const { saves } = journal;
    expect(await rehearse(file, [], {}, journal)).toEqual(first);
    expect(journal.saves).toBe(saves);
  });

  test('no secret stands in the minutes', async () => {
    await run();
    expect(journal.text).not.toMatch(/404142434445464748494A4B4C4D4E4F/i);
  });
});
