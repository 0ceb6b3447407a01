import { ByteReader, equalBytes, isCodedError } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, enter, readOidContent, type Tlv } from '#encoder/tlv';
import { addYears } from './calendar.ts';
import type { TbsCertificate } from './certificate.ts';
import { subjectKeyIdentifierOf } from './extensions.ts';
import { OID } from './oid.ts';

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
    rule: 'names-in-printable-or-utf8-string',
    profiles: ALL,
    holds: ({ certificate }) =>
      [certificate.issuer, certificate.subject].every((name) =>
        attributes(name).every(({ type, tag }) => tag === 0x13 || (tag === 0x0c && type !== OID.countryName && type !== OID.serialNumber)),
      ),
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
    rule: 'path-length-constraint-zero',
    profiles: ['csca'],
    holds: ({ certificate: { extensions } }) =>
      equalBytes(extensions.get(OID.basicConstraints)?.value ?? new Uint8Array(), Uint8Array.of(0x30, 6, 1, 1, 0xff, 2, 1, 0)),
  },
  {
    // RFC 5280 §4.2.1.2 method 1; a self-signed certificate names its own key as its authority's.
    rule: 'key-identifiers-of-the-keys',
    profiles: ALL,
    holds: ({ certificate: { spki, subjectKeyIdentifier: own, authorityKeyIdentifier: authority }, profile }) => {
      const key = subjectKeyIdentifierOf(spki);
      return (own === undefined || equalBytes(own, key)) && (profile !== 'csca' || authority === undefined || equalBytes(authority, key));
    },
  },
  {
    rule: 'alternative-names-with-the-country-of-the-mrz',
    profiles: ICAO,
    holds: ({ certificate: { extensions } }) =>
      [OID.subjectAltName, OID.issuerAltName].every((oid) => namesCountryOfMrz(extensions.get(oid)?.value)),
  },
  {
    rule: 'crl-distribution-points-ldap-http-https',
    profiles: ICAO,
    holds: ({ certificate: { extensions } }) => {
      const urls = distributionUrls(extensions.get(OID.cRLDistributionPoints)?.value);
      return urls.length > 0 && urls.every((url) => /^(ldap|https?):\/\/./.test(url));
    },
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
  return RULES.filter(({ profiles, holds }) => profiles.includes(profile) && !isKept(holds, context)).map(({ rule }) => ({ rule }));
}

/** A name or an extension that cannot even be read keeps no rule about it. */
function isKept(holds: Rule['holds'], context: Context): boolean {
  try {
    return holds(context);
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}

function presenceHolds(critical: boolean | undefined, wanted: 'critical' | 'non-critical' | 'optional'): boolean {
  if (critical === undefined) return wanted === 'optional';
  return critical === (wanted === 'critical');
}

interface NameAttribute {
  readonly type: string;
  readonly tag: number;
  readonly text: string;
}

function attributes(name: Uint8Array): readonly NameAttribute[] {
  return decodeTlvs(decodeOnly(name, 0x30, 'name').rest(), 'name').flatMap((relative) =>
    decodeTlvs(relative.value, 'name/rdn').map((pair) => {
      const [oid, value] = decodeTlvs(pair.value, 'name/rdn/attribute');
      return {
        type: oid === undefined ? '' : readOidContent(new ByteReader(oid.value, 'name/rdn/attribute')),
        tag: value?.tag ?? 0,
        text: Buffer.from(value?.value ?? []).toString('utf8'),
      };
    }),
  );
}

function attribute(name: Uint8Array, type: string): NameAttribute | undefined {
  return attributes(name).find((candidate) => candidate.type === type);
}

/** Doc 9303-12 §7.1.1.2: among the GeneralNames, a directoryName [4] whose localityName is the code of one to three letters. */
function namesCountryOfMrz(value: Uint8Array | undefined): boolean {
  return members(value).some(({ tag, value: name }) => {
    const locality = tag === 0xa4 ? attribute(name, OID.localityName) : undefined;
    return locality !== undefined && /^[A-Z]{1,3}$/.test(locality.text);
  });
}

/** URIs [6] of all distribution points: { distributionPoint [0] { fullName [0] { … } } } (RFC 5280 §4.2.1.13). */
function distributionUrls(value: Uint8Array | undefined): readonly string[] {
  return inside(inside(inside(members(value), 0x30), 0xa0), 0xa0).map(({ tag, value: url }) =>
    tag === 0x86 ? Buffer.from(url).toString('latin1') : '',
  );
}

function members(sequence: Uint8Array | undefined): readonly Tlv[] {
  return sequence === undefined ? [] : decodeTlvs(decodeOnly(sequence, 0x30, 'extension').rest(), 'extension');
}

/** What stands inside those data objects that have this tag. */
function inside(objects: readonly Tlv[], tag: number): readonly Tlv[] {
  return objects.filter((object) => object.tag === tag).flatMap(({ value }) => decodeTlvs(value, 'extension'));
}

/** Doc 9303-12 §4.1.6: ECParameters spelled out, six members with the cofactor, base point and public key uncompressed. */
function hasExplicitParameters(spki: Uint8Array): boolean {
  const outer = decodeOnly(spki, 0x30, 'spki');
  const [oid, parameters] = decodeTlvs(enter(outer, 0x30).rest(), 'spki/algorithm');
  const point = enter(outer, 0x03).rest();
  if (oid === undefined || readOidContent(new ByteReader(oid.value, 'spki/algorithm')) !== OID.ecPublicKey || parameters?.tag !== 0x30)
    return false;
  const members = decodeTlvs(parameters.value, 'spki/parameters');
  return (
    members.map(({ tag }) => tag).join() === [0x02, 0x30, 0x30, 0x04, 0x02, 0x02].join() &&
    members[3]?.value[0] === 0x04 &&
    point[1] === 0x04
  );
}
