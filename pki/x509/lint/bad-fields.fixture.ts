import { generateKeyPairSync } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { ascii, fromHex, utf8 } from '#encoder/bytes';
import { derInteger, derNull, derOctetString, derOid, derPrintableString, derSequence, derSet, derUtf8String, tlv } from '#encoder/tlv';
import { namedSpki, pointOfKey } from '#pki/ec';
import { derMembers as members, editDer as edited } from '#pki/testing';
import { addDays, addYears } from '../calendar.ts';
import { OID } from '../oid.ts';
import {
  all,
  attribute,
  extension,
  FIELD,
  inserted,
  replaced,
  spki,
  valueOf,
  withoutExtension,
  type Mutation,
} from './mutation.fixture.ts';
import { NOW, type Specimens } from './specimens.fixture.ts';

/** Rule, good certificate that is changed, what becomes of it, and the other rules that this must break besides. */
export type BadFixture = readonly [rule: string, of: keyof Specimens, what: string, mutation: Mutation, also?: readonly string[]];

export const time = (at: Date, form: 'utc' | 'generalized') => {
  const digits = `${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return form === 'utc' ? tlv(0x17, ascii(digits.slice(2))) : tlv(0x18, ascii(digits));
};
export const validity = (notBefore: Date, notAfter: Date) =>
  replaced([FIELD.validity], derSequence(time(notBefore, 'utc'), time(notAfter, notAfter.getUTCFullYear() < 2050 ? 'utc' : 'generalized')));
export const usage = (from: Date | undefined, to: Date | undefined) =>
  extension(
    OID.privateKeyUsagePeriod,
    derSequence(
      ...(from === undefined ? [] : [tlv(0x80, time(from, 'generalized').subarray(2))]),
      ...(to === undefined ? [] : [tlv(0x81, time(to, 'generalized').subarray(2))]),
    ),
  );
export const documentTypes = (...types: readonly string[]) =>
  extension(OID.documentTypeList, derSequence(derInteger(0), derSet(...types.map((type) => derPrintableString(type)))));
const serial = (...octets: readonly number[]) => replaced([FIELD.serialNumber], tlv(0x02, Uint8Array.from(octets)));
const keyOf = (der: Uint8Array) => members(der)[FIELD.spki] ?? der;
const point = (tbs: Uint8Array) => pointOfKey(keyOf(tbs));
const ecParameters =
  (edit: (parameters: Uint8Array) => Uint8Array): Mutation =>
  (tbs) =>
    edited(tbs, [FIELD.spki, 0, 1], edit);
const rsa = (modulusLength: number, publicExponent = 65_537): Mutation => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return spki(Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' })));
};
const ed25519 = () => Uint8Array.from(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }));

/** Encoding, the fields of Doc 9303-12 Table 5, and the keys of §4.1.6. */
export const BAD_FIELDS: readonly BadFixture[] = [
  ['der-encoding', 'document-signer', 'a trailing zero bit in KeyUsage', extension(OID.keyUsage, fromHex('03020680'))],
  [
    'der-encoding',
    'document-signer',
    'an unused bit that is set in KeyUsage',
    extension(OID.keyUsage, fromHex('03020781')),
    ['key-usage-of-the-profile'],
  ],
  ['der-encoding', 'document-signer', 'SET OF document types out of order', documentTypes('ID', 'I')],
  [
    'der-encoding',
    'document-signer',
    'critical TRUE spelled 01',
    (tbs) => edited(tbs, [FIELD.extensions, 0, 2, 1], () => Uint8Array.of(1, 1, 1)),
  ],
  ['der-encoding', 'csca', 'TRUE spelled 01', extension(OID.basicConstraints, fromHex('3006010101020100')), ['basic-constraints-ca-true']],
  [
    'der-encoding',
    'csca',
    'a padded INTEGER in pathLenConstraint',
    extension(OID.basicConstraints, fromHex('30070101ff02020000')),
    ['path-length-constraint-zero'],
  ],
  [
    'default-values-not-encoded',
    'document-signer',
    'critical FALSE spelled out',
    (tbs) => extension(OID.subjectAltName, valueOf(tbs, OID.subjectAltName), 'false')(tbs),
  ],
  [
    'default-values-not-encoded',
    'csca',
    'cA FALSE spelled out',
    extension(OID.basicConstraints, fromHex('3006010100020100')),
    ['basic-constraints-ca-true'],
  ],
  [
    'default-values-not-encoded',
    'document-signer, PSS',
    'trailerField 1 spelled out',
    (tbs) => edited(tbs, [FIELD.signature, 1], (params) => derSequence(...members(params), tlv(0xa3, derInteger(1)))),
  ],
  ['serial-number-positive-20-octets', 'document-signer', 'negative', serial(0x80)],
  ['serial-number-positive-20-octets', 'document-signer', 'zero', serial(0)],
  ['serial-number-positive-20-octets', 'document-signer', '21 octets', serial(...Array<number>(21).fill(1))],
  ['serial-number-positive-20-octets', 'document-signer', 'a padded INTEGER', serial(0, 1), ['der-encoding']],
  [
    'signature-algorithm-permitted',
    'document-signer',
    'ecdsa-with-SHA1',
    replaced([FIELD.signature], derSequence(derOid('1.2.840.10045.4.1'))),
  ],
  [
    'signature-algorithm-permitted',
    'document-signer',
    'SHA-1 with RSA',
    replaced([FIELD.signature], derSequence(derOid('1.2.840.113549.1.1.5'), derNull())),
  ],
  ['country-two-upper-case-letters', 'csca', 'lower case', attribute(['issuer', 'subject'], OID.countryName, derPrintableString('vn'))],
  ['country-two-upper-case-letters', 'csca', 'three letters', attribute(['issuer', 'subject'], OID.countryName, derPrintableString('VNM'))],
  ['country-two-upper-case-letters', 'csca', 'no country', attribute(['issuer', 'subject'], OID.countryName)],
  [
    'country-equal-in-issuer-and-subject',
    'document-signer',
    'another State’s',
    attribute(['subject'], OID.countryName, derPrintableString('DE')),
  ],
  [
    'country-and-serial-number-in-printable-string',
    'csca',
    'countryName in UTF8String',
    attribute(['issuer', 'subject'], OID.countryName, derUtf8String('VN')),
  ],
  [
    'country-and-serial-number-in-printable-string',
    'document-signer',
    'serialNumber in UTF8String',
    attribute(['subject'], OID.organizationName, derUtf8String('7'), OID.serialNumber),
  ],
  ['names-in-printable-or-utf8-string', 'document-signer', 'TeletexString', attribute(['subject'], OID.commonName, tlv(0x14, ascii('DS')))],
  ['names-in-printable-or-utf8-string', 'document-signer', 'BMPString', attribute(['subject'], OID.commonName, tlv(0x1e, utf8('\0D\0S')))],
  [
    'string-characters-of-their-type',
    'document-signer',
    'PrintableString where UTF8String belongs',
    attribute(['subject'], OID.commonName, tlv(0x13, utf8('Bộ Công an'))),
  ],
  [
    'string-characters-of-their-type',
    'document-signer',
    'UTF8String that is no UTF-8',
    attribute(['subject'], OID.commonName, tlv(0x0c, Uint8Array.of(0xc3, 0x28))),
  ],
  ['common-name-present', 'document-signer', 'none', attribute(['subject'], OID.commonName)],
  ['common-name-present', 'document-signer', 'empty', attribute(['subject'], OID.commonName, derUtf8String(''))],
  [
    'utc-time-until-2049-generalized-time-from-2050',
    'document-signer',
    'GeneralizedTime before 2050',
    (tbs) => edited(tbs, [FIELD.validity, 0], () => time(NOW, 'generalized')),
  ],
  [
    'utc-time-until-2049-generalized-time-from-2050',
    'document-signer',
    'UTCTime past 2049',
    (tbs) => edited(tbs, [FIELD.validity, 1], () => time(addYears(NOW, 27), 'utc')),
    ['not-before-precedes-not-after', 'usage-period-inside-validity', 'not-after-covers-the-last-card'],
  ],
  [
    'not-before-precedes-not-after',
    'master-list-signer',
    'ends before it begins',
    all(withoutExtension(OID.privateKeyUsagePeriod), validity(NOW, addDays(NOW, -1))),
  ],
  [
    'not-after-is-a-real-end',
    'document-signer',
    '99991231235959Z',
    (tbs) => edited(tbs, [FIELD.validity, 1], () => tlv(0x18, ascii('99991231235959Z'))),
    ['not-after-within-the-csca'],
  ],
  [
    'not-after-is-a-real-end',
    'document-signer',
    '20991231235959Z',
    (tbs) => edited(tbs, [FIELD.validity, 1], () => tlv(0x18, ascii('20991231235959Z'))),
    ['not-after-within-the-csca'],
  ],
  ['unique-identifiers-absent', 'document-signer', 'issuerUniqueID', inserted(tlv(0x81, Uint8Array.of(0, 1)))],
  ['unique-identifiers-absent', 'csca', 'subjectUniqueID', inserted(tlv(0x82, Uint8Array.of(0, 1)))],
  ['subject-key-ec-or-rsa', 'document-signer', 'Ed25519', spki(ed25519())],
  [
    'explicit-ec-parameters-uncompressed-with-cofactor',
    'document-signer',
    'named curve',
    (tbs) => replaced([FIELD.spki], namedSpki('P-256', point(tbs)))(tbs),
  ],
  [
    'explicit-ec-parameters-uncompressed-with-cofactor',
    'csca',
    'named curve',
    (tbs) => replaced([FIELD.spki], namedSpki('P-256', point(tbs)))(tbs),
  ],
  [
    'explicit-ec-parameters-uncompressed-with-cofactor',
    'document-signer',
    'no cofactor',
    ecParameters((parameters) => derSequence(...members(parameters).slice(0, 5))),
  ],
  [
    'explicit-ec-parameters-uncompressed-with-cofactor',
    'document-signer',
    'compressed base point',
    ecParameters((parameters) => edited(parameters, [3], () => derOctetString(p256.Point.BASE.toBytes(true)))),
    ['ec-domain-parameters-of-a-known-curve'],
  ],
  [
    'ec-domain-parameters-of-a-known-curve',
    'document-signer',
    'another base point (CVE-2020-0601)',
    ecParameters((parameters) => edited(parameters, [3], () => derOctetString(p256.Point.BASE.double().toBytes(false)))),
  ],
  ['rsa-modulus-of-2048-to-4096-bits', 'document-signer, RSA', '1024 bits', rsa(1024)],
  ['rsa-exponent-odd-above-65536', 'document-signer, RSA', 'exponent 3', rsa(2048, 3)],
];
