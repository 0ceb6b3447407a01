import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deviationsOf, issueDeviationList, lintDeviationList, prepareDeviationList } from '#pki/deviation-list';
import { Pkcs11Hsm } from '#pki/hsm';
import { importMasterList, issueMasterList, lintMasterList, prepareMasterList } from '#pki/master-list';
import { pkdUpload } from '#pki/pkd';
import { NOW, softHsmToken, specimenListSigner, specimenPki, type SpecimenPki } from '#pki/testing';
import {
  addDays,
  addYears,
  issueCertificate,
  masterListSignerCertificate,
  parseCertificate,
  prepareCertificate,
  subjectPublicKeyInfo,
} from '#pki/x509';

const token = softHsmToken('lists');
const hsm = new Pkcs11Hsm({ tokenLabel: token.label });
const AT = addDays(NOW, 1);
let pki: SpecimenPki;
let masterList: Uint8Array;
let deviationList: Uint8Array;
beforeAll(async () => {
  await hsm.open(token.pin);
  pki = await specimenPki(hsm);
  const signing = { csca: pki.csca, algorithm: { key: 'ec', hash: 'sha384' }, at: AT } as const;
  const [ml, dl] = [await specimenListSigner(hsm, pki, 'master-list-signer'), await specimenListSigner(hsm, pki, 'deviation-list-signer')];
  masterList = await issueMasterList(
    prepareMasterList({ ...signing, certificates: [pki.csca], signer: ml.certificate.certificate }),
    (digest) => hsm.sign(ml.key, digest),
  );
  const content = deviationsOf([
    {
      documentSigners: [pki.signer.certificate.certificate],
      documentType: 'ID',
      documents: { of: 'period', first: NOW, last: AT },
      kind: { type: 'data-group-hash-wrong', file: 'DG13' },
      description: 'DG13 is not the one that EF.SOD names',
    },
  ]);
  deviationList = await issueDeviationList(prepareDeviationList({ ...signing, content, signer: dl.certificate.certificate }), (digest) =>
    hsm.sign(dl.key, digest),
  );
}, 60_000);
afterAll(async () => {
  await hsm.close();
  token.remove();
});

function file(name: string, bytes: Uint8Array): string {
  const path = join(token.folder, name);
  writeFileSync(path, bytes);
  return path;
}
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
const verify = (list: string, out: string) => openssl('cms', '-verify', '-noverify', '-inform', 'DER', '-in', list, '-out', out);

describe('issue 4: lists signed in the token, by openssl 3', () => {
  test('cms -verify -noverify accepts the Master List, and its content is a list of certificates', () => {
    const out = join(token.folder, 'ml.der');
    verify(file('ml.cms', masterList), out);
    const parsed = openssl('asn1parse', '-inform', 'DER', '-in', out).toString();
    expect(
      parsed
        .split('\n')
        .slice(0, 3)
        .map((line) => /(SEQUENCE|INTEGER|SET)/.exec(line)?.[0]),
    ).toEqual(['SEQUENCE', 'INTEGER', 'SET']);
    expect(parsed).toContain('CSCA SPECIMEN');
  });

  test('cms -verify -noverify accepts the Deviation List; asn1parse reads its members', () => {
    const out = join(token.folder, 'dl.der');
    verify(file('dl.cms', deviationList), out);
    const parsed = openssl('asn1parse', '-inform', 'DER', '-in', out).toString();
    expect(parsed).toContain('GENERALIZEDTIME   :20261121080000Z');
    expect(parsed).toContain('PRINTABLESTRING   :DG13 is not the one that EF.SOD names');
    expect(parsed).toContain('OBJECT            :2.23.136.1.1.7.2.2');
  });

  test('and refuses either after a byte of the content was changed', () => {
    for (const [name, list] of [
      ['ml', masterList],
      ['dl', deviationList],
    ] as const) {
      const changed = list.with(120, (list[120] ?? 0) ^ 1);
      expect(() => verify(file(`${name}-changed.cms`, changed), join(token.folder, 'none.der'))).toThrow(/cms/);
    }
    expect([lintMasterList(masterList), lintDeviationList(deviationList)]).toEqual([[], []]);
  });

  test.each(['pkcs1', 'pss'] as const)('a Master List Signer with an RSA key, %s', async (padding) => {
    const key = await hsm.generateRsaKey({ label: `ml-${padding}`, bits: 2048, purpose: 'sign' });
    const { subject, spki: issuerSpki } = parseCertificate(pki.csca);
    const algorithm = { key: padding === 'pss' ? 'rsa-pss' : 'rsa', hash: 'sha256' } as const;
    const request = masterListSignerCertificate({
      subject: { country: 'VN', commonName: `ML ${padding}` },
      serialNumber: Uint8Array.of(0x61),
      spki: subjectPublicKeyInfo(key),
      usage: { notBefore: NOW, notAfter: addYears(NOW, 1) },
      notAfter: addYears(NOW, 2),
      mrzCountry: 'VNM',
      crlUrls: ['https://specimen.invalid/VNM.crl'],
      issuerSpki,
    });
    const issuer = { name: subject, spki: issuerSpki, algorithm: { key: 'ec', hash: 'sha512' } } as const;
    const signer = await issueCertificate(prepareCertificate(request, issuer), (digest) => hsm.sign(pki.cscaKey, digest));
    const list = await issueMasterList(
      prepareMasterList({ certificates: [pki.csca], signer, csca: pki.csca, algorithm, at: AT }),
      (digest) => hsm.sign(key, digest, { padding, hash: 'sha256' }),
    );
    verify(file(`ml-${padding}.cms`, list), join(token.folder, `ml-${padding}.der`));
    expect(importMasterList(list, { csca: [pki.csca], at: AT })).toMatchObject({ certificates: [pki.csca], findings: [] });
  });

  test('sha256sum checks the files of an upload to the PKD', () => {
    const folder = join(token.folder, 'pkd');
    mkdirSync(folder);
    const { files } = pkdUpload({ country: 'VN', masterList, deviationList, csca: [pki.csca], at: AT, technicalLifeYears: 25 });
    for (const { name, content } of files) writeFileSync(join(folder, name), content);
    expect(execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder }).toString()).toBe('pkd-vn-data.ldif: OK\n');
  });
});
