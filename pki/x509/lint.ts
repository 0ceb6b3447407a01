import { equalBytes } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, enter } from '#encoder/tlv';
import { addYears } from './calendar.ts';
import type { TbsCertificate } from './certificate.ts';
import { decodeOid, OID } from './oid.ts';

export type CertificateProfile = 'csca' | 'document-signer' | 'plant-signer';

export interface LintFinding {
  readonly rule: string;
}

interface Context {
  readonly certificate: TbsCertificate;
  readonly profile: CertificateProfile;
  readonly technicalLifeYears: number;
}

/** One rule: its name, the profiles it binds, and whether it holds. */
interface Rule {
  readonly rule: string;
  readonly profiles: readonly CertificateProfile[];
  readonly holds: (context: Context) => boolean;
}

const ALL = ['csca', 'document-signer', 'plant-signer'] as const;
const ICAO = ['csca', 'document-signer'] as const;
const DIGITAL_SIGNATURE = [0];
const CERT_AND_CRL_SIGN = [5, 6];

/** Doc 9303-12 Tables 5 and 6: extensions and whether they are critical. What is not listed must be absent. */
const EXTENSIONS: Readonly<Record<CertificateProfile, Readonly<Record<string, 'critical' | 'non-critical' | 'optional'>>>> = {
  csca: {
    [OID.authorityKeyIdentifier]: 'optional',
    [OID.subjectKeyIdentifier]: 'non-critical',
    [OID.keyUsage]: 'critical',
    [OID.privateKeyUsagePeriod]: 'non-critical',
    [OID.subjectAltName]: 'non-critical',
    [OID.issuerAltName]: 'non-critical',
    [OID.basicConstraints]: 'critical',
    [OID.cRLDistributionPoints]: 'non-critical',
  },
  'document-signer': {
    [OID.authorityKeyIdentifier]: 'non-critical',
    [OID.subjectKeyIdentifier]: 'optional',
    [OID.keyUsage]: 'critical',
    [OID.privateKeyUsagePeriod]: 'non-critical',
    [OID.subjectAltName]: 'non-critical',
    [OID.issuerAltName]: 'non-critical',
    [OID.cRLDistributionPoints]: 'non-critical',
    [OID.documentTypeList]: 'non-critical',
  },
  'plant-signer': {
    [OID.subjectKeyIdentifier]: 'non-critical',
    [OID.keyUsage]: 'critical',
    [OID.privateKeyUsagePeriod]: 'non-critical',
  },
};

const RULES: readonly Rule[] = [
  {
    rule: 'serial-number-positive-20-octets',
    profiles: ALL,
    holds: ({
      certificate: {
        serialNumber: [first = 0x80, second = 0],
        serialNumber,
      },
    }) => serialNumber.length <= 20 && first < 0x80 && (first > 0 || (second >= 0x80 && serialNumber.length > 1)),
  },
  {
    rule: 'country-upper-case-printable-and-equal',
    profiles: ICAO,
    holds: ({ certificate }) => {
      const [issuer, subject] = [attribute(certificate.issuer, OID.countryName), attribute(certificate.subject, OID.countryName)];
      return issuer?.tag === 0x13 && /^[A-Z]{2}$/.test(issuer.text) && subject?.tag === 0x13 && subject.text === issuer.text;
    },
  },
  {
    rule: 'common-name-present',
    profiles: ALL,
    holds: ({ certificate }) => (attribute(certificate.subject, OID.commonName)?.text ?? '') !== '',
  },
  {
    rule: 'utc-time-until-2049-generalized-time-from-2050',
    profiles: ALL,
    holds: ({ certificate: { validity } }) =>
      [validity.notBefore, validity.notAfter].every((at, index) => validity.tags[index] === (at.getUTCFullYear() < 2050 ? 0x17 : 0x18)),
  },
  {
    rule: 'explicit-ec-parameters-uncompressed-with-cofactor',
    profiles: ICAO,
    holds: ({ certificate }) => hasExplicitParameters(certificate.spki),
  },
  {
    rule: 'extensions-as-in-table-6',
    profiles: ALL,
    holds: ({ certificate: { extensions }, profile }) => {
      const wanted = EXTENSIONS[profile];
      const known = [...extensions.keys()].every((oid) => Object.hasOwn(wanted, oid));
      return known && Object.entries(wanted).every(([oid, presence]) => presenceHolds(extensions.get(oid)?.critical, presence));
    },
  },
  {
    rule: 'key-usage-of-the-profile',
    profiles: ALL,
    holds: ({ certificate, profile }) =>
      certificate.keyUsage.join() === (profile === 'csca' ? CERT_AND_CRL_SIGN : DIGITAL_SIGNATURE).join(),
  },
  {
    rule: 'csca-is-ca-and-self-issued',
    profiles: ['csca'],
    holds: ({ certificate }) => certificate.isCa && equalBytes(certificate.issuer, certificate.subject),
  },
  {
    rule: 'usage-period-inside-validity',
    profiles: ALL,
    holds: ({ certificate: { privateKeyUsagePeriod: usage, validity } }) =>
      usage?.notBefore !== undefined &&
      usage.notAfter !== undefined &&
      usage.notBefore < usage.notAfter &&
      usage.notBefore >= validity.notBefore &&
      usage.notAfter <= validity.notAfter,
  },
  {
    // Table 1 recommends three months of use; a key that signs for longer puts more cards behind one revocation.
    rule: 'document-signer-used-at-most-three-months',
    profiles: ['document-signer'],
    holds: ({ certificate: { privateKeyUsagePeriod: usage } }) =>
      usage?.notAfter !== undefined &&
      usage.notBefore !== undefined &&
      usage.notAfter.getTime() - usage.notBefore.getTime() <= 93 * 86_400_000,
  },
  {
    rule: 'not-after-covers-the-last-card',
    profiles: ['document-signer'],
    holds: ({ certificate: { privateKeyUsagePeriod: usage, validity }, technicalLifeYears }) =>
      usage?.notAfter !== undefined && validity.notAfter >= addYears(usage.notAfter, technicalLifeYears),
  },
  {
    rule: 'document-types-of-one-or-two-letters',
    profiles: ['document-signer'],
    holds: ({ certificate: { documentTypes } }) =>
      documentTypes !== undefined && documentTypes.length > 0 && documentTypes.every((type) => /^[A-Z]{1,2}$/.test(type)),
  },
];

/** Empty when the certificate keeps its profile. Never throws on a certificate that was parsed. */
export function lintCertificate(
  certificate: TbsCertificate,
  profile: CertificateProfile,
  parameters: { readonly technicalLifeYears?: number } = {},
): readonly LintFinding[] {
  const context = { certificate, profile, technicalLifeYears: parameters.technicalLifeYears ?? 25 };
  return RULES.filter(({ profiles, holds }) => profiles.includes(profile) && !holds(context)).map(({ rule }) => ({ rule }));
}

function presenceHolds(critical: boolean | undefined, wanted: 'critical' | 'non-critical' | 'optional'): boolean {
  if (critical === undefined) return wanted === 'optional';
  return critical === (wanted === 'critical');
}

function attribute(name: Uint8Array, type: string): { readonly tag: number; readonly text: string } | undefined {
  for (const relative of decodeTlvs(decodeOnly(name, 0x30, 'name').rest(), 'name')) {
    const [pair] = decodeTlvs(relative.value, 'name/rdn');
    const [oid, value] = decodeTlvs(pair?.value ?? new Uint8Array(), 'name/rdn/attribute');
    if (oid !== undefined && value !== undefined && decodeOid(oid.value) === type) {
      return { tag: value.tag, text: Buffer.from(value.value).toString('utf8') };
    }
  }
  return undefined;
}

/** Doc 9303-12 §4.1.6: ECParameters spelled out, six members with the cofactor, base point and public key uncompressed. */
function hasExplicitParameters(spki: Uint8Array): boolean {
  const outer = decodeOnly(spki, 0x30, 'spki');
  const [oid, parameters] = decodeTlvs(enter(outer, 0x30).rest(), 'spki/algorithm');
  const point = enter(outer, 0x03).rest();
  if (oid === undefined || decodeOid(oid.value) !== OID.ecPublicKey || parameters?.tag !== 0x30) return false;
  const members = decodeTlvs(parameters.value, 'spki/parameters');
  return (
    members.map(({ tag }) => tag).join() === [0x02, 0x30, 0x30, 0x04, 0x02, 0x02].join() &&
    members[3]?.value[0] === 0x04 &&
    point[1] === 0x04
  );
}
