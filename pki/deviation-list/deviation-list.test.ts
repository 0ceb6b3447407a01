import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromHex, isCodedError, Secret, toHex, utf8 } from '#encoder/bytes';
import { derInteger, derOid, derSequence, derSet, derSetOf, inSetOrder, tlv } from '#encoder/tlv';
import { LyingHsm, SoftwareHsm } from '#hsm-mocks';
import { flawedList, NOW, specimenListSigner, specimenPki, type SpecimenListSigner, type SpecimenPki } from '#pki/testing';
import { addDays, addYears, OID } from '#pki/x509';
import {
  DEVIATION_LIST,
  DEVIATION_TYPES,
  deviationListTokenOf,
  deviationsOf,
  encodeDeviationList,
  importDeviationList,
  issueDeviationList,
  lintDeviationList,
  prepareDeviationList,
  readDeviationList,
  type DeviationListContent,
  type ProductionDeviation,
} from './index.ts';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let signer: SpecimenListSigner;
let documentSigner: Uint8Array;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  signer = await specimenListSigner(hsm, pki, 'deviation-list-signer');
  documentSigner = pki.signer.certificate.certificate;
});

const AT = addDays(NOW, 1);
const sign = (digest: Uint8Array) => hsm.sign(signer.key, digest);
const found = (changes: Partial<ProductionDeviation> = {}): ProductionDeviation => ({
  documentSigners: [documentSigner],
  documentType: 'ID',
  documents: { of: 'period', first: NOW, last: addDays(NOW, 7) },
  kind: { type: 'data-group-hash-wrong', file: 'DG13' },
  description: 'DG13 of these cards is not the one that EF.SOD names',
  ...changes,
});
const prepare = (content: DeviationListContent) =>
  prepareDeviationList({
    content,
    signer: signer.certificate.certificate,
    csca: pki.csca,
    algorithm: { key: 'ec', hash: 'sha384' },
    at: AT,
  });

describe('Doc 9303-12 §10.2: the content', () => {
  test('byte for byte as the module says: tags of the choices, explicit before ANY, GeneralizedTime', () => {
    const content: DeviationListContent = {
      version: 0,
      deviations: [
        {
          documents: {
            documentType: 'ID',
            documentSigner: { subjectKeyIdentifier: fromHex('AABB') },
            issued: { first: new Date('2026-11-21T00:00:00Z'), last: new Date('2050-01-01T23:59:59Z') },
            documentNumbers: ['B2', 'A1'],
          },
          descriptions: [{ text: 'x', type: '2.23.136.1.1.7.2.2', parameters: fromHex('02010D'), nationalUse: fromHex('0500') }],
        },
      ],
    };
    const hex = `3059 020100 3154 3052
      3036 8002 4944  8202 AABB  A422 180F 32303236313132313030303030305A 180F 32303530303130313233353935395A  A508 13024131 13024232
      3118 3016 1301 78 0608 678108010107 0202  A003 02010D  A102 0500`;
    const bytes = encodeDeviationList(content);
    expect(toHex(bytes)).toBe(toHex(fromHex(hex)));
    expect(encodeDeviationList(readDeviationList(bytes))).toEqual(bytes);
  });

  test('what is encoded is read again; sets come back in order', () => {
    const name = fromHex('300D310B3009060355040613025649').slice(0, 15);
    const text = fc.stringMatching(/^[A-Za-z0-9 '()+,\-./:=?]{1,20}$/);
    const date = fc
      .date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
      .map((at) => new Date(Math.floor(at.getTime() / 1000) * 1000));
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const identifier = fc.oneof(
      fc.record({ issuer: fc.constant(name), serialNumber: bytes }, { noNullPrototype: true }),
      fc.record({ subjectKeyIdentifier: bytes }, { noNullPrototype: true }),
      fc.record({ certificateDigest: bytes }, { noNullPrototype: true }),
    );
    const documents = fc.record(
      {
        documentType: fc.stringMatching(/^[A-Z]{2}$/),
        documentSigner: identifier,
        issued: fc.record({ first: date, last: date }, { noNullPrototype: true }),
        documentNumbers: fc.uniqueArray(text, { minLength: 1, maxLength: 5 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const any = fc.nat(200).map((value) => derInteger(value));
    const description = fc.record(
      { text, type: fc.constantFrom(...Object.values(DEVIATION_TYPES).map(({ oid }) => oid)), parameters: any, nationalUse: any },
      { requiredKeys: ['type'], noNullPrototype: true },
    );
    const deviation = fc.record(
      { documents, descriptions: fc.array(description, { minLength: 1, maxLength: 3 }) },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(deviation, { maxLength: 4 }), (deviations) => {
        const once = encodeDeviationList({ version: 0, deviations });
        expect(encodeDeviationList(readDeviationList(once))).toEqual(once);
        expect(readDeviationList(once).deviations).toHaveLength(deviations.length);
      }),
    );
  });

  test('bad input: any byte changed and any prefix is read or refused with a code, never a crash', () => {
    const good = encodeDeviationList(deviationsOf([found()]));
    const outcome = (bytes: Uint8Array) => {
      try {
        readDeviationList(bytes);
        return 'read';
      } catch (error) {
        if (isCodedError(error)) return 'refused';
        throw error;
      }
    };
    for (let at = 0; at < good.length; at += 1) {
      outcome(good.map((byte, index) => (index === at ? byte ^ 0x41 : byte)));
      expect(`${at} ${outcome(good.subarray(0, at))}`).toBe(`${at} refused`);
    }
  });
});

describe('from production data', () => {
  const card = (documentNumber: string, day: number, by: Uint8Array = documentSigner) => ({
    documentNumber,
    issuedAt: addDays(NOW, day),
    documentSigner: by,
  });

  test('cards under several keys: each key has its own numbers and its own period; a key without cards has no deviation', () => {
    const cards = [card('079001', 3), card('079002', 1), card('079003', 2, pki.csca), card('079001', 5)];
    const content = deviationsOf([
      found({ documentSigners: [documentSigner, pki.csca, signer.certificate.certificate], documents: { of: 'cards', cards } }),
    ]);
    expect(content.deviations.map(({ documents }) => [documents.documentNumbers, documents.issued])).toEqual([
      [['079001', '079002'], { first: addDays(NOW, 1), last: addDays(NOW, 5) }],
      [['079003'], { first: addDays(NOW, 2), last: addDays(NOW, 2) }],
    ]);
  });

  test('the signer by issuer and serial number, key identifier or digest, which then has its algorithm', () => {
    const by = (identification: Parameters<typeof deviationsOf>[1]) => deviationsOf([found()], identification);
    const { issuer, serialNumber, subjectKeyIdentifier } = pki.signer.certificate;
    const certificateDigest = Uint8Array.from(createHash('sha256').update(documentSigner).digest());
    expect(by('issuer-and-serial-number').deviations[0]?.documents.documentSigner).toEqual({ issuer, serialNumber });
    expect(by('subject-key-identifier').deviations[0]?.documents.documentSigner).toEqual({ subjectKeyIdentifier });
    expect(by('certificate-digest')).toMatchObject({
      digestAlgorithm: derSequence(derOid(OID.sha256)),
      deviations: [{ documents: { documentSigner: { certificateDigest } } }],
    });
  });

  test('what it is about, by name', () => {
    const parameters = (kind: ProductionDeviation['kind']) => {
      const [deviation] = deviationsOf([found({ kind })]).deviations;
      return [deviation?.descriptions[0]?.type, deviation?.descriptions[0]?.parameters];
    };
    expect(parameters({ type: 'data-group-malformed', file: 'EF.COM' })).toEqual(['2.23.136.1.1.7.2.1', derInteger(21)]);
    expect(parameters({ type: 'mrz-wrong-data', field: 'personName' })).toEqual(['2.23.136.1.1.7.3.1', derInteger(3)]);
    expect(parameters({ type: 'document-signer-encoding', field: 'subject' })).toEqual(['2.23.136.1.1.7.1.2', derInteger(6)]);
    expect(parameters({ type: 'csca-encoding', field: { extension: OID.keyUsage } })).toEqual(['2.23.136.1.1.7.1.3', derOid(OID.keyUsage)]);
    expect(parameters({ type: 'chip' })).toEqual(['2.23.136.1.1.7.4', undefined]);
    expect(() => parameters({ type: 'data-group-malformed', file: 'DG17' })).toThrow(RangeError);
  });

  test.each([
    ['letters that no PrintableString holds', () => found({ description: 'Sai nhóm dữ liệu' })],
    ['a document number that is none', () => found({ documents: { of: 'cards', cards: [card('079_1', 1)] } })],
    ['an empty description', () => found({ description: '' })],
    ['a period that ends before it begins', () => found({ documents: { of: 'period', first: AT, last: NOW } })],
  ])('refused: %s', (_, bad) => {
    expect(() => deviationsOf([bad()])).toThrow(expect.objectContaining({ code: 'DEVIATION_INPUT_INVALID' }));
  });
});

describe('Doc 9303-12 §10: a Deviation List is made', () => {
  test('it keeps every rule, and is believed by whoever trusts the CSCA', async () => {
    const content = deviationsOf([found(), found({ kind: { type: 'chip' }, documents: { of: 'all' } })]);
    const list = await issueDeviationList(prepare(content), sign);
    expect(lintDeviationList(list)).toEqual([]);
    const imported = importDeviationList(list, { csca: [pki.csca], at: AT });
    expect(encodeDeviationList(imported.content)).toEqual(encodeDeviationList(content));
    expect([imported.signingTime, imported.findings]).toEqual([AT, []]);
  });

  test('P5: the recorded bytes resume it; a token is spent once; a lying token is found out', async () => {
    const token = prepare(deviationsOf([found()]));
    expect(deviationListTokenOf(token.unsigned).digest).toEqual(token.digest);
    await issueDeviationList(token, sign);
    await expect(issueDeviationList(token, sign)).rejects.toMatchObject({ code: 'SIGNED_LIST_TOKEN_SPENT' });
    const liar = new LyingHsm(hsm, ['wrong-signature']);
    await expect(issueDeviationList(prepare(deviationsOf([found()])), (digest) => liar.sign(signer.key, digest))).rejects.toMatchObject({
      code: 'SIGNED_LIST_SIGNATURE_REJECTED',
    });
  });

  test('threat: a Master List Signer makes a Deviation List, and a Document Signer, and another State', async () => {
    const content = encodeDeviationList(deviationsOf([found()]));
    const masterListSigner = await specimenListSigner(hsm, pki, 'master-list-signer');
    const document = { key: pki.signerKey, certificate: pki.signer.certificate };
    for (const by of [masterListSigner, document]) {
      const list = await flawedList(hsm, DEVIATION_LIST, content, { ...by, csca: pki.csca });
      expect(() => importDeviationList(list, { csca: [pki.csca], at: AT })).toThrow(
        expect.objectContaining({ code: 'DEVIATION_LIST_SIGNER_UNTRUSTED' }),
      );
    }
    const own = await flawedList(hsm, DEVIATION_LIST, content, { ...signer, csca: pki.csca });
    const stranger = await specimenPki(hsm);
    for (const against of [
      { csca: [], at: AT },
      { csca: [stranger.csca], at: AT },
      { csca: [pki.csca], at: addYears(NOW, 5) },
    ]) {
      expect(() => importDeviationList(own, against)).toThrow(expect.objectContaining({ code: 'DEVIATION_LIST_SIGNER_UNTRUSTED' }));
    }
    expect(importDeviationList(own, { csca: [pki.csca], at: AT }).findings).toEqual([]);
  });

  test('bad input: no changed byte is believed', async () => {
    const list = await issueDeviationList(prepare(deviationsOf([found()])), sign);
    const sentAlong = Buffer.from(list).lastIndexOf(pki.csca);
    const believed = (bytes: Uint8Array) => {
      try {
        importDeviationList(bytes, { csca: [pki.csca], at: AT });
        return true;
      } catch (error) {
        if (isCodedError(error)) return false;
        throw error;
      }
    };
    expect(believed(list)).toBe(true);
    for (let at = 0; at < list.length; at += 1) {
      if (at >= sentAlong && at < sentAlong + pki.csca.length) continue;
      expect(`${at} ${believed(list.map((byte, index) => (index === at ? byte ^ 0x21 : byte)))}`).toBe(`${at} false`);
    }
  });
});

describe('the content, one rule a file', () => {
  const one = (changes: Partial<DeviationListContent['deviations'][number]['documents']>, description = {}): Uint8Array =>
    encodeDeviationList({
      version: 0,
      deviations: [
        {
          documents: { documentType: 'ID', documentSigner: { subjectKeyIdentifier: fromHex('AA') }, ...changes },
          descriptions: [{ type: DEVIATION_TYPES.chip.oid, ...description }],
        },
      ],
    });
  const [sha256, digest] = [derSequence(derOid(OID.sha256)), new Uint8Array(32)];
  const BAD: Readonly<Record<string, readonly (() => Uint8Array)[]>> = {
    'deviation-list-version-0': [() => encodeDeviationList({ ...readDeviationList(one({})), version: 1 })],
    'digest-algorithm-of-the-certificate-digests': [
      () => one({ documentSigner: { certificateDigest: digest } }),
      () => encodeDeviationList({ ...readDeviationList(one({})), digestAlgorithm: sha256 }),
      () =>
        encodeDeviationList({
          ...readDeviationList(one({ documentSigner: { certificateDigest: fromHex('AA') } })),
          digestAlgorithm: sha256,
        }),
      () =>
        encodeDeviationList({
          ...readDeviationList(one({ documentSigner: { certificateDigest: new Uint8Array(20) } })),
          digestAlgorithm: derSequence(derOid(OID.sha1)),
        }),
    ],
    'at-least-one-deviation-each-described': [
      () => encodeDeviationList({ version: 0, deviations: [] }),
      () => encodeDeviationList({ version: 0, deviations: [{ documents: { documentNumbers: ['1'] }, descriptions: [] }] }),
    ],
    'documents-bounded': [
      () =>
        encodeDeviationList({
          version: 0,
          deviations: [{ documents: { documentType: 'ID' }, descriptions: [{ type: DEVIATION_TYPES.chip.oid }] }],
        }),
    ],
    'document-type-of-two-letters': [() => one({ documentType: 'P' }), () => one({ documentType: 'id' })],
    'period-begins-before-it-ends': [() => one({ issued: { first: AT, last: NOW } })],
    'document-numbers-each-once-none-empty': [() => one({ documentNumbers: ['1', '1'] }), () => one({ documentNumbers: [''] })],
    'deviation-type-of-doc-9303': [() => one({}, { type: '2.23.136.1.1.7.9' })],
    'parameters-of-the-deviation-type': [
      () => one({}, { parameters: derInteger(1) }),
      () => one({}, { type: DEVIATION_TYPES['data-group-malformed'].oid, parameters: derInteger(17) }),
      () => one({}, { type: DEVIATION_TYPES['data-group-malformed'].oid, parameters: derOid(OID.keyUsage) }),
      () => one({}, { type: DEVIATION_TYPES['mrz-wrong-data'].oid, parameters: derInteger(10) }),
    ],
    'deviation-list-in-der': [
      () => {
        const numbers = ['13024231', '13024132'].map(fromHex);
        const documents = derSequence(tlv(0xa5, ...numbers));
        return derSequence(derInteger(0), derSetOf([derSequence(documents, derSet(derSequence(derOid(DEVIATION_TYPES.chip.oid))))]));
      },
      () => {
        const members = inSetOrder(
          ['1', '2'].map((number) =>
            derSequence(derSequence(tlv(0xa5, tlv(0x13, utf8(number)))), derSet(derSequence(derOid(DEVIATION_TYPES.chip.oid)))),
          ),
        );
        return derSequence(derInteger(0), derSet(...members.toReversed()));
      },
    ],
  };
  const rulesOf = async (content: Uint8Array) =>
    lintDeviationList(await flawedList(hsm, DEVIATION_LIST, content, { ...signer, csca: pki.csca })).map(({ rule }) => rule);

  test('the good fixtures keep every rule', async () => {
    expect(await rulesOf(one({}))).toEqual([]);
    expect(await rulesOf(one({ documentNumbers: ['1', '2'], issued: { first: NOW, last: NOW } }))).toEqual([]);
    const named = readDeviationList(one({ documentSigner: { certificateDigest: digest } }));
    expect(await rulesOf(encodeDeviationList({ ...named, digestAlgorithm: sha256 }))).toEqual([]);
  });

  test.each(Object.entries(BAD))('%s', async (rule, contents) => {
    for (const content of contents) expect(await rulesOf(content())).toEqual([rule]);
  });

  test('every rule has a bad fixture, and names its clause', () => {
    expect(Object.keys(BAD).toSorted()).toEqual(DEVIATION_LIST.rules.map(({ id }) => id).toSorted());
    for (const { id, clause } of DEVIATION_LIST.rules) expect(clause, id).toContain('Doc 9303-12');
  });
});
