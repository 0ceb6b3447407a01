import { readdirSync } from 'node:fs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ascii, equalBytes } from '#encoder/bytes';
import { derBitString, derInteger, derNull, derOid, derSequence, derSet, derUtf8String, tlv } from '#encoder/tlv';
import { derMembers as members, editDer as edited } from '#pki/testing';
import { encodeName } from '../name.ts';
import { OID } from '../oid.ts';
import { BAD_EXTENSIONS } from './bad-extensions.fixture.ts';
import { BAD_FIELDS } from './bad-fields.fixture.ts';
import { lintEncodedCertificate } from './lint.ts';
import { extension, FIELD, signed, type Mutation } from './mutation.fixture.ts';
import { RULES } from './registry.ts';
import type { CertificateProfile } from './rule.ts';
import { NAME, specimens, tbsOf, type Specimens } from './specimens.fixture.ts';

let good: Specimens;
beforeAll(async () => {
  good = await specimens();
});

const FIXTURES = [...BAD_FIELDS, ...BAD_EXTENSIONS];

const profileOf = (name: keyof Specimens) => name.replace(/,.*/, '') as CertificateProfile;
const lint = (name: keyof Specimens, der: Uint8Array) =>
  lintEncodedCertificate(der, profileOf(name), good[name].parameters).map(({ rule }) => rule);

describe('a good fixture of each profile keeps every rule', () => {
  test.each([
    'csca',
    'csca-link',
    'csca-link, same name',
    'document-signer',
    'document-signer, RSA',
    'document-signer, PSS',
    'master-list-signer',
    'deviation-list-signer',
    'plant-signer',
  ] as const)('%s', (name) => {
    expect(lint(name, good[name].der)).toEqual([]);
  });
});

describe('a bad fixture of each rule breaks that rule', () => {
  for (const [rule, name, what, mutation, also = []] of FIXTURES) {
    test(`${rule} (${name}): ${what}`, () => {
      const tbs = tbsOf(good[name].der);
      const mutated = mutation(tbs);
      expect(mutated).not.toEqual(tbs);
      expect(lint(name, signed(mutated, good[name].signer)).toSorted()).toEqual([rule, ...also].toSorted());
    });
  }

  test('every rule has its file, its place in the registry, its clause and its fixture', () => {
    const files = readdirSync(new URL('rules', import.meta.url)).map((file) => file.replace(/\.[jt]s$/, ''));
    expect(RULES.map(({ id }) => id).toSorted()).toEqual([...new Set(files.filter((file) => !file.includes('.')))].toSorted());
    expect(RULES.filter(({ id }) => !FIXTURES.some(([rule]) => rule === id)).map(({ id }) => id)).toEqual([]);
    expect(RULES.filter(({ clause, profiles }) => clause === '' || profiles.length === 0)).toEqual([]);
  });

  test('the names of the fixtures are those that the standard needs', () => {
    expect(encodeName(NAME)).toEqual(members(tbsOf(good.csca.der))[FIELD.issuer]);
  });
});

describe('bytes that are no certificate, or not this issuer’s', () => {
  const whole = (change: (der: Uint8Array) => Uint8Array) => lint('document-signer', change(good['document-signer'].der));
  const resigned = (mutation: Mutation) => (der: Uint8Array) => signed(mutation(tbsOf(der)), good['document-signer'].signer);
  const last = (der: Uint8Array) => derSequence(...members(der).slice(0, 2), tlv(0x03, Uint8Array.of(1), new Uint8Array(3)));
  test.each<readonly [string, string, (der: Uint8Array) => Uint8Array]>([
    ['der-encoding', 'BER for DER: an indefinite length', (der) => Uint8Array.from([0x30, 0x80, ...der.subarray(4), 0, 0])],
    ['der-encoding', 'BER for DER: a length that is not minimal', (der) => Uint8Array.from([0x30, 0x83, 0x00, ...der.subarray(2)])],
    ['der-encoding', 'trailing bytes', (der) => Uint8Array.from([...der, 0x05, 0x00])],
    ['der-encoding', 'cut short', (der) => der.subarray(0, -1)],
    ['x509-structure', 'a fourth member', (der) => derSequence(...members(der), derNull())],
    ['x509-structure', 'version 1', resigned((tbs) => derSequence(...members(tbs).slice(1)))],
    ['x509-structure', 'version 4', resigned((tbs) => edited(tbs, [FIELD.version, 0], () => derInteger(3)))],
    ['x509-structure', 'no extensions', resigned((tbs) => derSequence(...members(tbs).slice(0, -1)))],
    [
      'x509-structure',
      'an extension twice',
      resigned((tbs) => edited(tbs, [FIELD.extensions, 0], (list) => derSequence(...members(list), ...members(list).slice(0, 1)))),
    ],
    [
      'x509-structure',
      'a time without its seconds',
      resigned((tbs) => edited(tbs, [FIELD.validity, 0], () => tlv(0x17, ascii('2611220400Z')))),
    ],
    [
      'x509-structure',
      'a time without Zulu',
      resigned((tbs) => edited(tbs, [FIELD.validity, 0], () => tlv(0x17, ascii('261122040000+0700')))),
    ],
    [
      'x509-structure',
      'document types of version v1',
      resigned((tbs) => extension(OID.documentTypeList, derSequence(derInteger(1), derSet()))(tbs)),
    ],
    [
      'x509-structure',
      'document types in UTF8String',
      resigned(extension(OID.documentTypeList, derSequence(derInteger(0), derSet(derUtf8String('ID'))))),
    ],
    ['x509-structure', 'the two algorithm identifiers differ', (der) => edited(der, [1], () => derSequence(derOid('1.2.840.10045.4.3.3')))],
    [
      'x509-structure',
      'a public key that is none',
      resigned((tbs) => edited(tbs, [FIELD.spki, 1], () => derBitString(Uint8Array.of(4, 1, 1)))),
    ],
    ['x509-structure', 'unused bits in the signature', last],
    [
      'der-encoding',
      'an OCTET STRING in pieces',
      resigned((tbs) => edited(tbs, [FIELD.extensions, 0, 0, 1], (octets) => tlv(0x24, octets))),
    ],
    [
      'signature-of-the-issuer',
      'a bit of the signature',
      (der) => Uint8Array.from(der, (byte, at) => (at === der.length - 1 ? byte ^ 1 : byte)),
    ],
  ])('%s: %s', (rule, _, change) => {
    expect(whole(change)).toEqual([rule]);
  });
});

describe('bad input: no byte may change', () => {
  test.each(['document-signer', 'csca'] as const)('%s: every byte, one flip each: findings, never a crash', (name) => {
    const { der } = good[name];
    for (let at = 0; at < der.length; at += 1) {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(`${at}: ${lint(name, changed).length > 0 ? 'refused' : 'believed'}`).toBe(`${at}: refused`);
    }
  });

  test.each(['document-signer', 'csca'] as const)('%s: every prefix', (name) => {
    const { der } = good[name];
    for (let length = 0; length < der.length; length += 1) expect(lint(name, der.subarray(0, length))).toEqual(['der-encoding']);
  });

  test('anything at all, and a good certificate with any part of it replaced by anything', () => {
    const { der } = good['document-signer'];
    const bytes = fc.uint8Array({ maxLength: 64 });
    const spliced = fc
      .tuple(fc.nat(der.length), fc.nat(64), bytes)
      .map(([at, length, part]) => Uint8Array.from([...der.subarray(0, at), ...part, ...der.subarray(at + length)]))
      .filter((changed) => !equalBytes(changed, der));
    fc.assert(fc.property(fc.oneof(bytes, spliced), (input) => lint('document-signer', input).length > 0));
  });
});
