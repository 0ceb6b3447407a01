import { ascii, fromHex } from '#encoder/bytes';
import { derNull, derOctetString, derOid, derPrintableString, derSequence, derSet, derUtf8String, tlv } from '#encoder/tlv';
import { addDays, addYears } from '../calendar.ts';
import { OID } from '../oid.ts';
import { attribute, extension, valueOf, withoutExtension } from './mutation.fixture.ts';
import { NOW } from './specimens.fixture.ts';
import { documentTypes, usage, validity, type BadFixture } from './bad-fields.fixture.ts';

const otherKeyIdentifier = new Uint8Array(20).fill(0x11);
const directoryName = (locality: Uint8Array) =>
  derSequence(tlv(0xa4, derSequence(derSet(derSequence(derOid(OID.localityName), locality)))));
const distributionPoint = (url: string, ...more: readonly Uint8Array[]) =>
  derSequence(derSequence(tlv(0xa0, tlv(0xa0, tlv(0x86, ascii(url)))), ...more));
const POLICY_MAPPINGS = '2.5.29.33';
const PRIVATE = '1.3.6.1.4.1.99999.1';

/** The extensions of Doc 9303-12 Table 6. */
export const BAD_EXTENSIONS: readonly BadFixture[] = [
  ['authority-key-identifier-present', 'document-signer', 'none', withoutExtension(OID.authorityKeyIdentifier)],
  ['authority-key-identifier-present', 'csca-link', 'none', withoutExtension(OID.authorityKeyIdentifier)],
  ['subject-key-identifier-present', 'csca', 'none', withoutExtension(OID.subjectKeyIdentifier)],
  ['key-usage-present', 'document-signer', 'none', withoutExtension(OID.keyUsage)],
  ['private-key-usage-period-present', 'document-signer', 'missing usage period', withoutExtension(OID.privateKeyUsagePeriod)],
  ['private-key-usage-period-present', 'csca', 'missing usage period', withoutExtension(OID.privateKeyUsagePeriod)],
  ['subject-alternative-name-present', 'document-signer', 'none', withoutExtension(OID.subjectAltName)],
  ['issuer-alternative-name-present', 'deviation-list-signer', 'none', withoutExtension(OID.issuerAltName)],
  ['basic-constraints-present', 'csca', 'none', withoutExtension(OID.basicConstraints)],
  ['extended-key-usage-present', 'master-list-signer', 'none', withoutExtension(OID.extKeyUsage)],
  ['crl-distribution-points-present', 'document-signer', 'none', withoutExtension(OID.cRLDistributionPoints)],
  ['document-type-list-present', 'document-signer', 'missing document type list', withoutExtension(OID.documentTypeList)],
  ['extensions-as-in-table-6', 'document-signer', 'PolicyMappings', extension(POLICY_MAPPINGS, derSequence())],
  ['extensions-as-in-table-6', 'document-signer', 'Basic Constraints', extension(OID.basicConstraints, derSequence(), 'true')],
  ['extensions-as-in-table-6', 'document-signer', 'one of somebody’s own', extension(PRIVATE, derNull())],
  ['extensions-as-in-table-6', 'csca', 'document types on a CSCA', documentTypes('ID')],
  [
    'extensions-as-in-table-6',
    'plant-signer',
    'issuer alternative name',
    extension(OID.issuerAltName, directoryName(derPrintableString('VNM'))),
  ],
  [
    'criticality-as-in-table-6',
    'document-signer',
    'KeyUsage not critical',
    (tbs) => extension(OID.keyUsage, valueOf(tbs, OID.keyUsage), 'absent')(tbs),
  ],
  [
    'criticality-as-in-table-6',
    'document-signer',
    'document types critical',
    (tbs) => extension(OID.documentTypeList, valueOf(tbs, OID.documentTypeList), 'true')(tbs),
  ],
  [
    'criticality-as-in-table-6',
    'master-list-signer',
    'extended key usage not critical',
    (tbs) => extension(OID.extKeyUsage, valueOf(tbs, OID.extKeyUsage), 'absent')(tbs),
  ],
  ['key-usage-of-the-profile', 'document-signer', 'keyCertSign too', extension(OID.keyUsage, fromHex('03020284'))],
  ['key-usage-of-the-profile', 'document-signer', 'nonRepudiation too', extension(OID.keyUsage, fromHex('030206C0'))],
  ['key-usage-of-the-profile', 'csca', 'no cRLSign', extension(OID.keyUsage, fromHex('03020204'))],
  ['basic-constraints-ca-true', 'csca', 'cA absent', extension(OID.basicConstraints, fromHex('3003020100'))],
  ['path-length-constraint-zero', 'csca', 'none', extension(OID.basicConstraints, fromHex('30030101FF'))],
  ['path-length-constraint-zero', 'csca', 'one', extension(OID.basicConstraints, fromHex('30060101FF020101'))],
  [
    'subject-key-identifier-of-the-key',
    'document-signer',
    'of another key',
    extension(OID.subjectKeyIdentifier, derOctetString(otherKeyIdentifier)),
  ],
  [
    'authority-key-identifier-of-the-issuer',
    'document-signer',
    'of another key',
    extension(OID.authorityKeyIdentifier, derSequence(tlv(0x80, otherKeyIdentifier))),
  ],
  [
    'authority-key-identifier-of-the-issuer',
    'csca',
    'of another key',
    extension(OID.authorityKeyIdentifier, derSequence(tlv(0x80, otherKeyIdentifier))),
  ],
  [
    'authority-key-identifier-of-the-issuer',
    'document-signer',
    'without keyIdentifier',
    extension(OID.authorityKeyIdentifier, derSequence(tlv(0x82, Uint8Array.of(1)))),
  ],
  ['issuer-name-of-the-issuer', 'document-signer', 'another name', attribute(['issuer'], OID.commonName, derUtf8String('CSCA of nobody'))],
  ['issuer-name-of-the-issuer', 'csca', 'not self-issued', attribute(['issuer'], OID.commonName, derUtf8String('CSCA of nobody'))],
  [
    'alternative-names-with-the-country-of-the-mrz',
    'document-signer',
    'only a DNS name',
    extension(OID.subjectAltName, derSequence(tlv(0x82, ascii('a.b')))),
  ],
  [
    'alternative-names-with-the-country-of-the-mrz',
    'csca',
    'lower case',
    extension(OID.issuerAltName, directoryName(derPrintableString('vnm'))),
  ],
  ['alternative-names-with-the-country-of-the-mrz', 'document-signer', 'no GeneralNames', extension(OID.issuerAltName, derNull())],
  ['usage-period-complete', 'document-signer', 'no end', usage(NOW, undefined)],
  ['usage-period-complete', 'csca', 'no beginning', usage(undefined, addYears(NOW, 5))],
  ['usage-period-inside-validity', 'document-signer', 'begins a day too early', usage(addDays(NOW, -1), addDays(NOW, 90))],
  ['usage-period-inside-validity', 'document-signer', 'ends before it begins', usage(addDays(NOW, 2), addDays(NOW, 1))],
  ['csca-used-at-most-five-years', 'csca', 'six years', usage(NOW, addYears(NOW, 6))],
  ['csca-used-at-most-five-years', 'csca-link', 'six years', usage(NOW, addYears(NOW, 6))],
  ['document-signer-used-at-most-three-months', 'document-signer', '94 days', usage(NOW, addDays(NOW, 94))],
  ['not-after-covers-the-last-card', 'document-signer', 'notAfter too short for the card', validity(NOW, addYears(NOW, 25))],
  ['not-after-within-the-csca', 'document-signer', 'a year longer than the CSCA', validity(NOW, addYears(NOW, 36))],
  ['not-after-covers-the-last-card', 'csca', 'one second too short', validity(NOW, new Date(addYears(NOW, 30).getTime() - 1000))],
  [
    'extended-key-usage-of-the-profile',
    'master-list-signer',
    'that of deviation lists',
    extension(OID.extKeyUsage, derSequence(derOid(OID.deviationListSigningKey))),
  ],
  [
    'extended-key-usage-of-the-profile',
    'deviation-list-signer',
    'a second purpose',
    extension(OID.extKeyUsage, derSequence(derOid(OID.deviationListSigningKey), derOid(OID.masterListSigningKey))),
  ],
  [
    'crl-distribution-points-ldap-http-https',
    'document-signer',
    'ftp',
    extension(OID.cRLDistributionPoints, distributionPoint('ftp://specimen.invalid/VNM.crl')),
  ],
  ['crl-distribution-points-ldap-http-https', 'document-signer', 'an empty list', extension(OID.cRLDistributionPoints, derSequence())],
  [
    'crl-distribution-points-name-only',
    'document-signer',
    'reasons',
    extension(OID.cRLDistributionPoints, distributionPoint('https://specimen.invalid/VNM.crl', tlv(0x81, fromHex('0640')))),
  ],
  ['document-types-of-one-or-two-letters', 'document-signer', 'lower case', documentTypes('id')],
  ['document-types-of-one-or-two-letters', 'document-signer', 'three letters', documentTypes('IDX')],
  ['document-types-of-one-or-two-letters', 'document-signer', 'an empty list', documentTypes()],
  ['name-change-when-the-names-differ', 'csca-link', 'missing', withoutExtension(OID.nameChange)],
  ['name-change-when-the-names-differ', 'csca-link, same name', 'present and the name is the same', extension(OID.nameChange, derNull())],
  ['name-change-is-null', 'csca-link', 'a sequence', extension(OID.nameChange, derSequence())],
  [
    'link-certifies-another-key',
    'csca-link',
    'the old key',
    (tbs) => extension(OID.authorityKeyIdentifier, derSequence(tlv(0x80, valueOf(tbs, OID.subjectKeyIdentifier).subarray(2))))(tbs),
    ['authority-key-identifier-of-the-issuer'],
  ],
];
