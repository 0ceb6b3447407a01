import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cvCertificate, cvTrustPoint, inspectionRights, verifyCvChain } from '#encoder/cv-certificate';
import { parseCrl } from '#pki/crl';
import { parseCertificate, secondOpinion } from '#pki/x509';
import { LAB_FILES, openLabAuthority } from './lab-authority.ts';

const NOW = new Date('2026-11-22T00:00:00Z');
const later = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

let lab: string;
beforeEach(() => {
  lab = mkdtempSync(join(tmpdir(), 'cardmint-lab-keys-'));
});
afterEach(() => rmSync(lab, { recursive: true, force: true }));

describe('a throw-away authority', () => {
  test('is made once, whole, with keys that only their owner reads', async () => {
    const made = await openLabAuthority(lab, 'VNM', NOW);
    expect(await openLabAuthority(lab, 'VNM', later(1))).toMatchObject({ csca: made.csca, cvca: made.cvca, crl: made.crl });
    expect(readdirSync(lab)).toEqual(['VNM']);
    const keys = readdirSync(made.folder).filter((name) => name.endsWith('.key.pem'));
    expect(keys.length).toBe(5);
    for (const name of keys) expect(statSync(join(made.folder, name)).mode & 0o777).toBe(0o600);
  });

  test('two that begin at once end with the same one', async () => {
    const [one, other] = await Promise.all([openLabAuthority(lab, 'VNM', NOW), openLabAuthority(lab, 'VNM', NOW)]);
    expect(one?.csca).toEqual(other?.csca);
    expect(readdirSync(lab)).toEqual(['VNM']);
  });

  test('another library accepts its certificates; its Document Signer signs as it says', async () => {
    const { csca, documentSigner, signAsDocumentSigner } = await openLabAuthority(lab, 'UTO', NOW);
    expect(await secondOpinion(csca, csca)).toBe(true);
    expect(await secondOpinion(documentSigner.certificate.certificate, csca)).toBe(true);
    const digest = Uint8Array.from(createHash('sha256').update('x').digest());
    expect(await signAsDocumentSigner(digest)).toEqual(await signAsDocumentSigner(digest));
  });

  test('BSI TR-03110-3 §2.5: its terminal may read DG3 under its CVCA, and is named a lab’s', async () => {
    const { cvca, terminalChain } = await openLabAuthority(lab, 'VNM', NOW);
    const chain = terminalChain.map((bytes) => cvCertificate.decode(bytes));
    const { imported } = verifyCvChain([cvTrustPoint(cvCertificate.decode(cvca))], chain, '2026-11-22');
    expect(imported === undefined ? null : inspectionRights(imported)).toEqual({ dg3: true, dg4: false });
    for (const { body } of chain) expect(body.certificateHolderReference).toMatch(/^VNLAB/);
  });

  test('its list is renewed before it is stale, with a higher number; its Document Signer ends after three months', async () => {
    const { crl } = await openLabAuthority(lab, 'VNM', NOW);
    const renewed = await openLabAuthority(lab, 'VNM', later(85));
    expect(renewed.crl).not.toEqual(crl);
    expect(parseCrl(renewed.crl).nextUpdate > parseCrl(crl).nextUpdate).toBe(true);
    expect(Uint8Array.from(readFileSync(join(renewed.folder, LAB_FILES.crl)))).toEqual(renewed.crl);
    await expect(openLabAuthority(lab, 'VNM', later(91))).rejects.toMatchObject({ code: 'LAB_KEYS_EXPIRED' });
  });

  test.each([
    ['a key of another holder', (folder: string) => writeFileSync(join(folder, 'ds.key.pem'), readFileSync(join(folder, 'csca.key.pem')))],
    ['a certificate of another holder', (folder: string) => writeFileSync(join(folder, 'csca.cer'), readFileSync(join(folder, 'ds.cer')))],
    ['a list that is none', (folder: string) => writeFileSync(join(folder, 'csca.crl'), 'x')],
    ['a key that is gone', (folder: string) => rmSync(join(folder, 'terminal.key.pem'))],
    ['a chain of another key', (folder: string) => writeFileSync(join(folder, 'terminal.cvcert'), readFileSync(join(folder, 'dv.cvcert')))],
  ])('threat: %s', async (_what, change) => {
    const { folder } = await openLabAuthority(lab, 'VNM', NOW);
    change(folder);
    await expect(openLabAuthority(lab, 'VNM', NOW)).rejects.toMatchObject({ code: 'LAB_KEYS_DAMAGED' });
    expect(parseCertificate(readFileSync(join(folder, 'ds.cer'))).subjectKeyIdentifier).toBeDefined();
  });
});
