import { OID } from '../oid.ts';
import type { CertificateProfile } from './rule.ts';

const ISSUED = [OID.authorityKeyIdentifier, OID.subjectKeyIdentifier, OID.keyUsage, OID.privateKeyUsagePeriod] as const;
const ICAO = [
  ...ISSUED,
  OID.certificatePolicies,
  OID.subjectAltName,
  OID.issuerAltName,
  OID.cRLDistributionPoints,
  OID.authorityInfoAccess,
  OID.subjectInfoAccess,
] as const;
const AUTHORITY = [...ICAO, OID.basicConstraints, OID.nameChange] as const;
const LIST_SIGNER = [...ICAO, OID.extKeyUsage] as const;

/** Doc 9303-12 Table 6, column by column: the extensions marked m or o. All others are marked x, or not listed. */
export const PERMITTED: Readonly<Record<CertificateProfile, readonly string[]>> = Object.freeze({
  csca: AUTHORITY,
  'csca-link': AUTHORITY,
  'document-signer': [...ICAO, OID.documentTypeList],
  'master-list-signer': LIST_SIGNER,
  'deviation-list-signer': LIST_SIGNER,
  'plant-signer': [OID.subjectKeyIdentifier, OID.keyUsage, OID.privateKeyUsagePeriod],
});

/** The extensions of the same table that are critical wherever they stand. */
export const CRITICAL: readonly string[] = Object.freeze([OID.keyUsage, OID.basicConstraints, OID.extKeyUsage]);
