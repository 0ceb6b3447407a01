import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { ascii, equalBytes, fromHex } from '#encoder/bytes';
import {
  derBitString,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSet,
  derUtf8String,
  tlv,
} from '#encoder/tlv';
import { derMembers as members, editDer as edited } from '#pki/testing';
import { addDays, addYears, encodeTime, OID, signatureFromToken } from '#pki/x509';
import { parseCrl } from '../crl.ts';
import { lintEncodedCrl } from './lint.ts';
import { RULES } from './registry.ts';
import { NOW, specimenAuthority, specimenCrl, type SpecimenAuthority } from './specimens.fixture.ts';

let authority: SpecimenAuthority;
let good: Uint8Array;
beforeAll(async () => {
  authority = await specimenAuthority({ key: 'ec', hash: 'sha256' }, 'P-256');
  good = await specimenCrl(authority);
});

/** Members of tbsCertList with revoked certificates. */
const FIELD = { version: 0, signature: 1, issuer: 2, thisUpdate: 3, nextUpdate: 4, revoked: 5, extensions: 6 } as const;
type Mutation = (tbs: Uint8Array) => Uint8Array;

const field =
  (index: number, by: Uint8Array): Mutation =>
  (tbs) =>
    edited(tbs, [index], () => by);
const made = (oid: string, value: Uint8Array, critical: readonly Uint8Array[] = []) =>
  derSequence(derOid(oid), ...critical, derOctetString(value));
const TRUE = Uint8Array.of(0x01, 0x01, 0xff);
const FALSE = Uint8Array.of(0x01, 0x01, 0x00);
/** In the list, replaced or put at the end; none: taken out. */
const extension =
  (oid: string, value?: Uint8Array, ...critical: readonly Uint8Array[]): Mutation =>
  (tbs) =>
    edited(tbs, [FIELD.extensions, 0], (list) => {
      const others = members(list).filter((candidate) => !equalBytes(members(candidate)[0] ?? list, derOid(oid)));
      return derSequence(...others, ...(value === undefined ? [] : [made(oid, value, critical)]));
    });
const entryExtension =
  (oid: string, value: Uint8Array, ...critical: readonly Uint8Array[]): Mutation =>
  (tbs) =>
    edited(tbs, [FIELD.revoked, 0], (entry) => derSequence(...members(entry).slice(0, 2), derSequence(made(oid, value, critical))));
const serial =
  (...octets: readonly number[]): Mutation =>
  (tbs) =>
    edited(tbs, [FIELD.revoked, 0, 0], () => tlv(0x02, Uint8Array.from(octets)));
const generalized = (at: Date) => tlv(0x18, ascii(`${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`));
const times =
  (from: Date, to: Date): Mutation =>
  (tbs) =>
    field(FIELD.nextUpdate, encodeTime(to))(field(FIELD.thisUpdate, encodeTime(from))(tbs));
const PRIVATE = '1.3.6.1.4.1.99999.1';

const signed = (tbs: Uint8Array) => {
  const { key } = authority;
  return derSequence(tbs, members(tbs)[FIELD.signature] ?? tbs, derBitString(signatureFromToken(key.algorithm, key.sign(tbs))));
};
const lint = (der: Uint8Array) => lintEncodedCrl(der, authority.csca).map(({ rule }) => rule);

/** Rule, what becomes of the good list, and the other rules that this must break besides. */
const FIXTURES: readonly (readonly [rule: string, what: string, mutation: Mutation, also?: readonly string[]])[] = [
  [
    'der-encoding',
    'TRUE spelled 01 in an entry',
    entryExtension(PRIVATE, derNull(), Uint8Array.of(1, 1, 1)),
    ['entry-extensions-not-critical'],
  ],
  ['der-encoding', 'a padded cRLNumber', extension(OID.cRLNumber, fromHex('02020007'))],
  ['default-values-not-encoded', 'critical FALSE spelled out', extension(OID.cRLNumber, derInteger(7), FALSE)],
  ['default-values-not-encoded', 'critical FALSE spelled out in an entry', entryExtension(PRIVATE, derNull(), FALSE)],
  ['signature-algorithm-permitted', 'ecdsa-with-SHA1', field(FIELD.signature, derSequence(derOid('1.2.840.10045.4.1')))],
  [
    'issuer-is-the-csca',
    'another name',
    field(FIELD.issuer, derSequence(derSet(derSequence(derOid(OID.countryName), derPrintableString('VN'))))),
  ],
  ['issuer-is-the-csca', 'the same name in other string types', (tbs) => edited(tbs, [FIELD.issuer, 0, 0, 1], () => derUtf8String('VN'))],
  [
    'utc-time-until-2049-generalized-time-from-2050',
    'thisUpdate in GeneralizedTime before 2050',
    field(FIELD.thisUpdate, generalized(NOW)),
  ],
  [
    'utc-time-until-2049-generalized-time-from-2050',
    'nextUpdate in GeneralizedTime before 2050',
    field(FIELD.nextUpdate, generalized(addDays(NOW, 90))),
  ],
  [
    'utc-time-until-2049-generalized-time-from-2050',
    'revocationDate in GeneralizedTime before 2050',
    (tbs) => edited(tbs, [FIELD.revoked, 0, 1], () => generalized(NOW)),
  ],
  [
    'utc-time-until-2049-generalized-time-from-2050',
    'nextUpdate in UTCTime past 2049',
    field(FIELD.nextUpdate, tlv(0x17, ascii('520101000000Z'))),
    ['this-update-precedes-next-update'],
  ],
  ['this-update-precedes-next-update', 'both the same', times(NOW, NOW)],
  ['next-update-within-90-days', 'one second more', times(NOW, new Date(addDays(NOW, 90).getTime() + 1000))],
  ['issued-in-the-usage-period-of-the-csca', 'after it', times(addYears(NOW, 6), addDays(addYears(NOW, 6), 30))],
  ['issued-in-the-usage-period-of-the-csca', 'before it', times(addDays(NOW, -1), addDays(NOW, 30))],
  ['serial-numbers-positive-20-octets', 'negative', serial(0x85)],
  ['serial-numbers-positive-20-octets', 'zero', serial(0)],
  ['serial-numbers-positive-20-octets', '21 octets', serial(...Array<number>(21).fill(1))],
  ['authority-key-identifier-present', 'none', extension(OID.authorityKeyIdentifier)],
  [
    'authority-key-identifier-of-the-csca',
    'of another key',
    extension(OID.authorityKeyIdentifier, derSequence(tlv(0x80, new Uint8Array(20)))),
  ],
  ['authority-key-identifier-of-the-csca', 'without keyIdentifier', extension(OID.authorityKeyIdentifier, derSequence())],
  ['crl-number-present', 'none', extension(OID.cRLNumber)],
  ['crl-number-non-negative-20-octets', 'negative', extension(OID.cRLNumber, fromHex('020187'))],
  ['crl-number-non-negative-20-octets', '21 octets', extension(OID.cRLNumber, tlv(0x02, new Uint8Array(21).fill(1)))],
  ['crl-number-non-negative-20-octets', 'no INTEGER', extension(OID.cRLNumber, derNull())],
  ['extensions-as-in-table-10', 'deltaCRLIndicator', extension(OID.deltaCRLIndicator, derInteger(1), TRUE), ['extensions-not-critical']],
  [
    'extensions-as-in-table-10',
    'issuingDistributionPoint',
    extension(OID.issuingDistributionPoint, derSequence(), TRUE),
    ['extensions-not-critical'],
  ],
  ['extensions-as-in-table-10', 'freshestCRL', extension(OID.freshestCRL, derSequence())],
  ['extensions-not-critical', 'cRLNumber critical', extension(OID.cRLNumber, derInteger(7), TRUE)],
  ['entry-extensions-as-in-table-10', 'reasonCode', entryExtension(OID.reasonCode, tlv(0x0a, Uint8Array.of(1)))],
  ['entry-extensions-as-in-table-10', 'holdInstructionCode', entryExtension(OID.holdInstructionCode, derOid('1.2.840.10040.2.1'))],
  ['entry-extensions-as-in-table-10', 'invalidityDate', entryExtension(OID.invalidityDate, generalized(NOW))],
  [
    'entry-extensions-as-in-table-10',
    'certificateIssuer',
    entryExtension(OID.certificateIssuer, derSequence(), TRUE),
    ['entry-extensions-not-critical'],
  ],
  ['entry-extensions-not-critical', 'a private extension, critical', entryExtension(PRIVATE, derNull(), TRUE)],
];

describe('Doc 9303-12 §7.1.4: good fixtures keep every rule', () => {
  test('with a revoked signer, without one, and with what is optional', async () => {
    expect(lint(good)).toEqual([]);
    expect(lint(await specimenCrl(authority, { revoked: [] }))).toEqual([]);
    expect(lint(signed(extension(OID.issuerAltName, derSequence(tlv(0xa4, authority.csca.subject)))(parseCrl(good).tbs)))).toEqual([]);
    expect(lint(signed(entryExtension(PRIVATE, derNull())(parseCrl(good).tbs)))).toEqual([]);
  });

  test('Table 9: GeneralizedTime from 2050', () => {
    const late = { ...authority.csca, privateKeyUsagePeriod: { notBefore: NOW, notAfter: addYears(NOW, 30) } };
    const tbs = times(addYears(NOW, 25), addDays(addYears(NOW, 25), 30))(parseCrl(good).tbs);
    expect(parseCrl(signed(tbs)).timeTags).toEqual([0x18, 0x18]);
    expect(lintEncodedCrl(signed(tbs), late)).toEqual([]);
  });
});

describe('Doc 9303-12 §7.1.4: a bad fixture of each rule breaks that rule', () => {
  for (const [rule, what, mutation, also = []] of FIXTURES) {
    test(`${rule}: ${what}`, () => {
      const { tbs } = parseCrl(good);
      const mutated = mutation(tbs);
      expect(mutated).not.toEqual(tbs);
      expect(lint(signed(mutated)).toSorted()).toEqual([rule, ...also].toSorted());
    });
  }

  test('every rule has its file, its place in the registry, its clause and its fixture', () => {
    const files = readdirSync(new URL('rules', import.meta.url)).map((file) => file.replace(/\.[jt]s$/, ''));
    expect(RULES.map(({ id }) => id).toSorted()).toEqual([...new Set(files.filter((file) => !file.includes('.')))].toSorted());
    expect(RULES.filter(({ id }) => !FIXTURES.some(([rule]) => rule === id)).map(({ id }) => id)).toEqual([]);
    expect(RULES.filter(({ clause }) => clause === '')).toEqual([]);
  });
});

describe('bytes that are no list, or not this CSCA’s', () => {
  const resigned = (mutation: Mutation) => (der: Uint8Array) => signed(mutation(parseCrl(der).tbs));
  test.each<readonly [string, string, (der: Uint8Array) => Uint8Array]>([
    ['der-encoding', 'BER for DER: an indefinite length', (der) => Uint8Array.from([0x30, 0x80, ...der.subarray(4), 0, 0])],
    ['der-encoding', 'trailing bytes', (der) => Uint8Array.from([...der, 0])],
    ['crl-structure', 'version 1', resigned((tbs) => derSequence(...members(tbs).slice(1)))],
    ['crl-structure', 'no nextUpdate', resigned((tbs) => derSequence(...members(tbs).filter((_, at) => at !== FIELD.nextUpdate)))],
    ['crl-structure', 'revokedCertificates present and empty', resigned(field(FIELD.revoked, derSequence()))],
    ['crl-structure', 'no extensions', resigned((tbs) => derSequence(...members(tbs).slice(0, -1)))],
    [
      'crl-structure',
      'an extension twice',
      resigned((tbs) => edited(tbs, [FIELD.extensions, 0], (list) => derSequence(...members(list), ...members(list)))),
    ],
    ['crl-structure', 'the two algorithm identifiers differ', (der) => edited(der, [1], () => derSequence(derOid('1.2.840.10045.4.3.3')))],
    ['crl-structure', 'a time without its seconds', resigned(field(FIELD.thisUpdate, tlv(0x17, ascii('2611220400Z'))))],
    ['signature-of-the-csca', 'a bit of the signature', (der) => der.map((byte, at) => (at === der.length - 1 ? byte ^ 1 : byte))],
  ])('%s: %s', (rule, _, change) => {
    expect(lint(change(good))).toEqual([rule]);
  });

  test('bad input: every byte changed, every prefix: findings, never a crash', () => {
    for (let at = 0; at < good.length; at += 1) {
      const changed = good.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
      expect(`${at}: ${lint(changed).length > 0 ? 'refused' : 'believed'}`).toBe(`${at}: refused`);
      expect(lint(good.subarray(0, at))).toEqual(['der-encoding']);
    }
  });
});
