import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { MASTER_LIST } from '#pki/master-list';
import { flawedList, NOW, specimenListSigner, specimenPki, type ListFlaws, type SpecimenListSigner, type SpecimenPki } from '#pki/testing';
import { addDays, OID } from '#pki/x509';
import { derInteger, derSequence, derSetOf } from '#encoder/tlv';
import { lintSignedList, SIGNED_LIST_RULES } from './index.ts';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let signer: SpecimenListSigner;
let wrongPurpose: SpecimenListSigner;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  signer = await specimenListSigner(hsm, pki, 'master-list-signer');
  wrongPurpose = await specimenListSigner(hsm, pki, 'deviation-list-signer');
});

const list = (flaws: ListFlaws = {}, by: SpecimenListSigner = signer) =>
  flawedList(hsm, MASTER_LIST, derSequence(derInteger(0), derSetOf([pki.csca])), { ...by, csca: pki.csca }, flaws);
const rulesOf = (bytes: Uint8Array) => lintSignedList(MASTER_LIST, bytes).map(({ rule }) => rule);

/** By rule: one flaw that breaks it, and what else that flaw breaks. */
const BAD: Readonly<
  Record<string, { readonly flaws: () => ListFlaws; readonly also?: readonly string[]; readonly by?: () => SpecimenListSigner }>
> = {
  'signed-data-version-3': { flaws: () => ({ version: 1 }) },
  'content-type-of-the-list': { flaws: () => ({ attributeContentType: OID.data }), also: ['signature-verifies'] },
  'digest-algorithm-permitted-and-listed': { flaws: () => ({ digestListed: 'sha256' }), also: ['signature-verifies'] },
  'digest-parameters-omitted': { flaws: () => ({ digestNull: true }) },
  'signature-algorithm-permitted-with-the-same-hash': { flaws: () => ({ signatureHash: 'sha512' }), also: ['signature-verifies'] },
  'one-signer-info': { flaws: () => ({ signers: 2 }) },
  'signer-info-version-of-its-identifier': { flaws: () => ({ signerVersion: 1 }) },
  'signer-named-by-subject-key-identifier': { flaws: () => ({ namedByIssuer: true }) },
  'signer-certificate-included': {
    flaws: () => ({ certificates: [pki.csca] }),
    also: [
      'csca-certificate-included',
      'signer-has-the-purpose-of-the-list',
      'signer-certificate-keeps-its-profile',
      'signed-while-the-signer-was-valid',
      'signature-verifies',
    ],
  },
  'csca-certificate-included': { flaws: () => ({ certificates: [signer.certificate.certificate] }) },
  'included-certificates-in-der-order': { flaws: () => ({ certificateOrder: 'reversed' }) },
  'no-revocation-lists': { flaws: () => ({ revocationLists: true }) },
  'signing-time-present': { flaws: () => ({ signingTime: 'absent' }), also: ['signed-while-the-signer-was-valid'] },
  'signed-attributes-in-der-order': { flaws: () => ({ attributeOrder: 'reversed' }) },
  'message-digest-of-the-content': { flaws: () => ({ messageDigest: new Uint8Array(48) }), also: ['signature-verifies'] },
  'no-unsigned-attributes': { flaws: () => ({ unsignedAttributes: true }) },
  'signer-has-the-purpose-of-the-list': {
    flaws: () => ({}),
    by: () => wrongPurpose,
    also: ['signer-certificate-keeps-its-profile'],
  },
  'signer-certificate-keeps-its-profile': {
    flaws: () => ({}),
    by: () => ({ key: pki.signerKey, certificate: pki.signer.certificate }),
    also: ['signer-has-the-purpose-of-the-list'],
  },
  'signed-while-the-signer-was-valid': { flaws: () => ({ signingTime: addDays(NOW, 500) }) },
  'signature-verifies': { flaws: () => ({ signature: new Uint8Array(8) }) },
};

describe('Doc 9303-12 tables 18 and 19, one rule a file', () => {
  test('the good fixture keeps every rule', async () => {
    expect(rulesOf(await list())).toEqual([]);
  });

  test.each(Object.entries(BAD))('%s', async (rule, { flaws, also = [], by }) => {
    expect(rulesOf(await list(flaws(), by?.())).toSorted()).toEqual([rule, ...also].toSorted());
  });

  test('every rule has a bad fixture, and names its clause', () => {
    expect(Object.keys(BAD).toSorted()).toEqual(SIGNED_LIST_RULES.map(({ id }) => id).toSorted());
    for (const { id, clause } of SIGNED_LIST_RULES) expect(clause, id).toMatch(/Doc 9303-12|RFC 5652/);
  });

  test('bad input: what is no SignedData has one finding, whatever it is', async () => {
    const good = await list();
    for (const bytes of [new Uint8Array(), Uint8Array.of(0x30), utf8('dn: cn=x'), good.subarray(0, -1), Uint8Array.of(...good, 0)]) {
      expect(rulesOf(bytes)).toEqual(['readable-as-signed-data']);
    }
    // The CSCA certificate that is sent along is for whoever looks for one: nothing in the list vouches for its bytes.
    const sentAlong = Buffer.from(good).lastIndexOf(pki.csca);
    for (let at = 0; at < good.length; at += 13) {
      if (at >= sentAlong && at < sentAlong + pki.csca.length) continue;
      expect(`${at} ${rulesOf(good.map((byte, index) => (index === at ? byte ^ 0x11 : byte))).length}`).not.toBe(`${at} 0`);
    }
  });
});
