import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { derInteger, derSequence, derSet, derSetOf, inSetOrder } from '#encoder/tlv';
import { LyingHsm, SoftwareHsm } from '#hsm-mocks';
import { signerInfoOf, readSignedData } from '#pki/cms';
import { flawedList, NOW, specimenListSigner, specimenPki, type SpecimenListSigner, type SpecimenPki } from '#pki/testing';
import { addDays, addYears } from '#pki/x509';
import {
  importMasterList,
  issueMasterList,
  lintMasterList,
  MASTER_LIST,
  masterListTokenOf,
  prepareMasterList,
  type MasterListRequest,
} from './index.ts';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let other: SpecimenPki;
let signer: SpecimenListSigner;
beforeAll(async () => {
  await hsm.open(pin);
  [pki, other] = [await specimenPki(hsm), await specimenPki(hsm)];
  signer = await specimenListSigner(hsm, pki, 'master-list-signer');
});

const AT = addDays(NOW, 1);
const sign = (digest: Uint8Array) => hsm.sign(signer.key, digest);
const request = (changes: Partial<MasterListRequest> = {}): MasterListRequest => ({
  certificates: [pki.csca, other.csca],
  signer: signer.certificate.certificate,
  csca: pki.csca,
  algorithm: { key: 'ec', hash: 'sha384' },
  at: AT,
  ...changes,
});
const listed = (...certificates: readonly Uint8Array[]) => derSequence(derInteger(0), derSetOf(certificates));

describe('Doc 9303-12 §9: a CSCA Master List is made', () => {
  test('it keeps every rule, and is believed by whoever trusts the CSCA', async () => {
    const list = await issueMasterList(prepareMasterList(request()), sign);
    expect(lintMasterList(list)).toEqual([]);
    const imported = importMasterList(list, { csca: [pki.csca], at: AT });
    expect(imported.certificates).toEqual(inSetOrder([pki.csca, other.csca]));
    expect([imported.signingTime, imported.findings]).toEqual([AT, []]);
    expect(imported.signer.certificate).toEqual(signer.certificate.certificate);
  });

  test('the order in which certificates are given makes no difference', () => {
    const [one, two] = [prepareMasterList(request()), prepareMasterList(request({ certificates: [other.csca, pki.csca] }))];
    expect(two.digest).toEqual(one.digest);
  });

  test('P5: what is recorded before the signature is all of the list; from it the same list is signed again', async () => {
    const token = prepareMasterList(request());
    const recorded = readSignedData(token.unsigned, 'test', 1e6);
    const [info] = recorded.signerInfos;
    expect(info?.signature).toEqual(new Uint8Array());
    expect(info?.signedAttributes).toEqual(token.toBeSigned);
    expect(info === undefined ? undefined : signerInfoOf(info, 'test').signingTime).toEqual(AT);
    const again = masterListTokenOf(token.unsigned);
    expect(again.digest).toEqual(token.digest);
    expect(lintMasterList(await issueMasterList(again, sign))).toEqual([]);
  });

  test('P5: a token is spent once; a lying token’s signature is not handed out; what is signed already is no token', async () => {
    const token = prepareMasterList(request());
    const list = await issueMasterList(token, sign);
    await expect(issueMasterList(token, sign)).rejects.toMatchObject({ code: 'SIGNED_LIST_TOKEN_SPENT' });
    const liar = new LyingHsm(hsm, ['wrong-signature']);
    await expect(issueMasterList(prepareMasterList(request()), (digest) => liar.sign(signer.key, digest))).rejects.toMatchObject({
      code: 'SIGNED_LIST_SIGNATURE_REJECTED',
    });
    await expect(issueMasterList(prepareMasterList(request()), async () => new Uint8Array(3))).rejects.toMatchObject({
      code: 'SIGNED_LIST_SIGNATURE_REJECTED',
    });
    expect(() => masterListTokenOf(list)).toThrow(expect.objectContaining({ code: 'SIGNED_LIST_LINT' }));
  });

  test.each([
    ['listed-certificates-each-once', () => ({ certificates: [pki.csca, pki.csca] })],
    ['at-least-one-certificate', () => ({ certificates: [] })],
    ['listed-certificates-of-cscas-only', () => ({ certificates: [pki.signer.certificate.certificate] })],
    ['signer-certificate-keeps-its-profile', () => ({ signer: pki.signer.certificate.certificate })],
    ['csca-certificate-included', () => ({ csca: other.csca })],
    ['signed-while-the-signer-was-valid', () => ({ at: addYears(NOW, 3) })],
  ])('nothing is prepared that breaks %s', (rule, changes) => {
    expect(() => prepareMasterList(request(changes()))).toThrow(
      expect.objectContaining({ code: 'SIGNED_LIST_LINT', detail: expect.stringContaining(rule) as string }),
    );
  });
});

describe('the content, one rule a file', () => {
  const BAD: Readonly<Record<string, () => Uint8Array>> = {
    'master-list-version-0': () => derSequence(derInteger(1), derSetOf([pki.csca])),
    'at-least-one-certificate': () => listed(),
    'listed-certificates-in-der-order': () => derSequence(derInteger(0), derSet(...inSetOrder([pki.csca, other.csca]).toReversed())),
    'listed-certificates-each-once': () => listed(pki.csca, pki.csca),
    'listed-certificates-of-cscas-only': () => listed(pki.csca, pki.signer.certificate.certificate),
  };
  const list = (content: Uint8Array) => flawedList(hsm, MASTER_LIST, content, { ...signer, csca: pki.csca });

  test('the good fixture keeps every rule', async () => {
    expect(lintMasterList(await list(listed(pki.csca, other.csca)))).toEqual([]);
  });

  test.each(Object.entries(BAD))('%s', async (rule, content) => {
    expect(lintMasterList(await list(content()))).toEqual([expect.objectContaining({ rule, level: 'must' })]);
  });

  test('every rule has a bad fixture', () => {
    expect(Object.keys(BAD).toSorted()).toEqual(MASTER_LIST.rules.map(({ id }) => id).toSorted());
  });

  test('an import names what a foreign list does not keep, gives every certificate once, and refuses another version', async () => {
    const twice = await list(derSequence(derInteger(0), derSet(...inSetOrder([pki.csca, other.csca, other.csca]).toReversed())));
    const imported = importMasterList(twice, { csca: [pki.csca], at: AT });
    expect(imported.certificates).toHaveLength(2);
    expect(imported.findings.map(({ rule }) => rule)).toEqual(['listed-certificates-in-der-order', 'listed-certificates-each-once']);
    const version1 = await list(derSequence(derInteger(1), derSetOf([pki.csca])));
    expect(() => importMasterList(version1, { csca: [pki.csca], at: AT })).toThrow(
      expect.objectContaining({ code: 'MASTER_LIST_MALFORMED' }),
    );
  });

  test('what table 18 lets a receiving State ignore is ignored, and named', async () => {
    const against = { csca: [pki.csca], at: AT };
    for (const [flaws, rule] of [
      [{ unsignedAttributes: true }, 'no-unsigned-attributes'],
      [{ revocationLists: true }, 'no-revocation-lists'],
      [{ signers: 2 }, 'one-signer-info'],
    ] as const) {
      const imported = importMasterList(
        await flawedList(hsm, MASTER_LIST, listed(pki.csca), { ...signer, csca: pki.csca }, flaws),
        against,
      );
      expect(imported.findings.map((finding) => finding.rule)).toEqual([rule]);
    }
  });

  test('a list of two signers is believed on the word of the one that is trusted here', async () => {
    const stranger = await specimenListSigner(hsm, other, 'master-list-signer');
    const both = await flawedList(hsm, MASTER_LIST, listed(pki.csca), { ...signer, csca: pki.csca }, { before: stranger });
    for (const [trusted, believed] of [
      [pki, signer],
      [other, stranger],
    ] as const) {
      expect(importMasterList(both, { csca: [trusted.csca], at: AT }).signer.certificate).toEqual(believed.certificate.certificate);
    }
    const none = { csca: [(await specimenPki(hsm)).csca], at: AT };
    expect(() => importMasterList(both, none)).toThrow(expect.objectContaining({ code: 'MASTER_LIST_SIGNER_UNTRUSTED' }));
  });
});
