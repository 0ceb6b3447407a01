import { beforeAll, describe, expect, test } from 'vitest';
import { ascii, Secret, utf8 } from '#encoder/bytes';
import { derInteger, derSequence, derSetOf } from '#encoder/tlv';
import { SoftwareHsm } from '#hsm-mocks';
import { issueCrl, prepareCrl } from '#pki/crl';
import { explicitSpki } from '#pki/ec';
import { importMasterList, MASTER_LIST } from '#pki/master-list';
import { flawedList, NOW, specimenListSigner, specimenPki, type SpecimenListSigner, type SpecimenPki } from '#pki/testing';
import { addDays, addYears, cscaCertificate, issueCertificate, parseCertificate, prepareCertificate } from '#pki/x509';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
const AT = addDays(NOW, 2);
let pki: SpecimenPki;
let signer: SpecimenListSigner;
let list: Uint8Array;
let next: { readonly certificate: Uint8Array; readonly key: SpecimenPki['cscaKey'] };
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  signer = await specimenListSigner(hsm, pki, 'master-list-signer');
  list = await flawedList(hsm, MASTER_LIST, derSequence(derInteger(0), derSetOf([pki.csca])), { ...signer, csca: pki.csca });
  next = await nextCsca();
});

/** The CSCA's next key under the same name. */
async function nextCsca(): Promise<typeof next> {
  const key = await hsm.generateEcKey({ label: 'csca 2', curve: 'brainpoolP512r1', purpose: 'sign' });
  const { subject } = parseCertificate(pki.csca);
  const request = cscaCertificate({
    subject,
    serialNumber: Uint8Array.of(2),
    curve: 'brainpoolP512r1',
    point: key.point,
    usage: { notBefore: NOW, notAfter: addYears(NOW, 5) },
    notAfter: addYears(NOW, 31),
    mrzCountry: 'VNM',
    crlUrls: ['https://specimen.invalid/VNM.crl'],
  });
  const issuer = { name: subject, spki: explicitSpki('brainpoolP512r1', key.point), algorithm: { key: 'ec', hash: 'sha512' } } as const;
  return { key, certificate: await issueCertificate(prepareCertificate(request, issuer), (digest) => hsm.sign(key, digest)) };
}

async function crlOf(revoked: readonly Uint8Array[], by: { readonly certificate: Uint8Array; readonly key: SpecimenPki['cscaKey'] }) {
  const token = prepareCrl({
    csca: parseCertificate(by.certificate),
    algorithm: { key: 'ec', hash: 'sha512' },
    number: 2,
    thisUpdate: NOW,
    nextUpdate: addDays(NOW, 90),
    revoked: revoked.map((serialNumber) => ({ serialNumber, revokedAt: NOW })),
  });
  return issueCrl(token, (digest) => hsm.sign(by.key, digest));
}

const detailOf = (against: Parameters<typeof importMasterList>[1]): string => {
  try {
    importMasterList(list, against);
    return 'believed';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MASTER_LIST_SIGNER_UNTRUSTED' && 'detail' in error)
      return String(error.detail);
    throw error;
  }
};

describe('Doc 9303-12 §6.1.2: the signer of a list and its CRL', () => {
  const ours = () => ({ certificate: pki.csca, key: pki.cscaKey });

  test('a signer that is on no list; one that is revoked', async () => {
    const csca = [pki.csca];
    expect(detailOf({ csca, at: AT, crls: [await crlOf([Uint8Array.of(9)], ours())] })).toBe('believed');
    expect(detailOf({ csca, at: AT, crls: [await crlOf([signer.certificate.serialNumber], ours())] })).toBe('revoked');
  });

  test('after a roll-over the newest key of the CSCA signs the CRL for all certificates', async () => {
    const crls = [await crlOf([signer.certificate.serialNumber], next)];
    expect(detailOf({ csca: [pki.csca, next.certificate], at: AT, crls })).toBe('revoked');
    expect(detailOf({ csca: [pki.csca], at: AT, crls })).toBe('CRL: signature');
    expect(detailOf({ csca: [pki.csca, next.certificate], at: AT, crls: [await crlOf([], next)] })).toBe('believed');
  });

  test('threat: a CRL that is stale, or no CRL at all, says nothing about the signer: the list is not believed', async () => {
    const crls = [await crlOf([], ours())];
    expect(detailOf({ csca: [pki.csca], at: addDays(NOW, 91), crls })).toBe('CRL: stale');
    expect(detailOf({ csca: [pki.csca], at: AT, crls: [ascii('no crl')] })).toBe('a CRL that cannot be read');
  });

  test('a CSCA certificate among those given that nothing here reads is passed over', () => {
    expect(detailOf({ csca: [ascii('of another form'), pki.csca], at: AT })).toBe('believed');
  });
});
