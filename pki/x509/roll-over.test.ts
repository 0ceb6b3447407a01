import { describe, expect, test } from 'vitest';
import { utf8 } from '#encoder/bytes';
import { softwareKey, type SoftwareKey } from '#pki/testing';
import { addYears } from './calendar.ts';
import { issueCertificate, prepareCertificate, type CertificateRequest } from './issue.ts';
import { cscaCertificate, cscaLinkCertificate } from './profiles.ts';
import { lintRollOver } from './roll-over.ts';

const NOW = new Date('2026-11-22T04:00:00Z');
const OLD = { country: 'VN', commonName: 'CSCA SPECIMEN' };
const NEW = { country: 'VN', commonName: 'CSCA SPECIMEN 2' };
const [first, second, third] = ['P-256', 'brainpoolP256r1', 'P-256'].map((curve) =>
  softwareKey({ key: 'ec', hash: 'sha256' }, curve as 'P-256'),
) as [SoftwareKey, SoftwareKey, SoftwareKey];
const shared = {
  mrzCountry: 'VNM',
  crlUrls: ['https://specimen.invalid/VNM.crl'],
  serialNumber: Uint8Array.of(0x10),
  usage: { notBefore: NOW, notAfter: addYears(NOW, 3) },
  notAfter: addYears(NOW, 29),
};

async function issued(request: CertificateRequest, name: typeof OLD, key: SoftwareKey): Promise<Uint8Array> {
  const token = prepareCertificate(request, { name, spki: key.spki, algorithm: key.algorithm });
  return issueCertificate(token, key.signerOf(token.tbs));
}
const csca = (name: typeof OLD, key: SoftwareKey) => issued(cscaCertificate({ ...shared, subject: name, spki: key.spki }), name, key);
const link = (name: typeof OLD, key: SoftwareKey, by: SoftwareKey) =>
  issued(cscaLinkCertificate({ ...shared, subject: name, spki: key.spki, issuer: { name: OLD, spki: by.spki } }), OLD, by);

const trusted = [await csca(OLD, first)];
const rules = (...of: Parameters<typeof lintRollOver>) => lintRollOver(...of).map(({ rule }) => rule);

describe('Doc 9303-12 §4.1.4, §6.1.1: a new CSCA is trusted by its link certificate', () => {
  test.each([
    ['the name stays', OLD],
    ['the name changes', NEW],
  ] as const)('%s', async (_, name) => {
    expect(rules({ link: await link(name, second, first), csca: await csca(name, second) }, trusted)).toEqual([]);
  });

  test('a link of a CSCA that nobody trusts, or of none', async () => {
    const material = { link: await link(NEW, second, third), csca: await csca(NEW, second) };
    expect(rules(material, trusted)).toEqual(['link-by-a-trusted-csca']);
    expect(rules(material, [])).toEqual(['link-by-a-trusted-csca']);
    expect(rules(material, [utf8('no')])).toEqual(['link-by-a-trusted-csca']);
  });

  test('a link to another key, or to another name', async () => {
    expect(rules({ link: await link(NEW, second, first), csca: await csca(NEW, third) }, trusted)).toEqual(['link-certifies-this-csca']);
    expect(rules({ link: await link(NEW, second, first), csca: await csca(OLD, second) }, trusted)).toEqual(['link-certifies-this-csca']);
  });

  test('a self-signed certificate in the place of the link, one that did not sign itself, one that ends too soon, no bytes at all', async () => {
    const [good, root] = [await link(NEW, second, first), await csca(NEW, second)];
    expect(rules({ link: root, csca: root }, trusted)).toEqual(['link-certifies-another-key', 'link-by-a-trusted-csca']);
    const forged = root.map((byte, at) => (at === root.length - 1 ? byte ^ 1 : byte));
    expect(rules({ link: good, csca: forged }, trusted)).toEqual(['signature-of-the-issuer']);
    const late = { technicalLifeYears: 27 };
    expect(rules({ link: good, csca: root }, trusted, late)).toEqual(['not-after-covers-the-last-card', 'not-after-covers-the-last-card']);
    const nothing = { link: new Uint8Array(), csca: new Uint8Array() };
    expect(rules(nothing, trusted)).toEqual(['der-encoding', 'der-encoding', 'link-by-a-trusted-csca', 'link-certifies-this-csca']);
  });
});
