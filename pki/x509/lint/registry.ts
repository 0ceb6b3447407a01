import type { Rule } from './rule.ts';
import { alternativeNamesWithTheCountryOfTheMrz } from './rules/alternative-names-with-the-country-of-the-mrz.ts';
import { authorityKeyIdentifierOfTheIssuer } from './rules/authority-key-identifier-of-the-issuer.ts';
import { authorityKeyIdentifierPresent } from './rules/authority-key-identifier-present.ts';
import { basicConstraintsCaTrue } from './rules/basic-constraints-ca-true.ts';
import { basicConstraintsPresent } from './rules/basic-constraints-present.ts';
import { commonNamePresent } from './rules/common-name-present.ts';
import { countryAndSerialNumberInPrintableString } from './rules/country-and-serial-number-in-printable-string.ts';
import { countryEqualInIssuerAndSubject } from './rules/country-equal-in-issuer-and-subject.ts';
import { countryTwoUpperCaseLetters } from './rules/country-two-upper-case-letters.ts';
import { criticalityAsInTable6 } from './rules/criticality-as-in-table-6.ts';
import { crlDistributionPointsLdapHttpHttps } from './rules/crl-distribution-points-ldap-http-https.ts';
import { crlDistributionPointsNameOnly } from './rules/crl-distribution-points-name-only.ts';
import { crlDistributionPointsPresent } from './rules/crl-distribution-points-present.ts';
import { cscaUsedAtMostFiveYears } from './rules/csca-used-at-most-five-years.ts';
import { defaultValuesNotEncoded } from './rules/default-values-not-encoded.ts';
import { derEncoding } from './rules/der-encoding.ts';
import { documentSignerUsedAtMostThreeMonths } from './rules/document-signer-used-at-most-three-months.ts';
import { documentTypeListPresent } from './rules/document-type-list-present.ts';
import { documentTypesOfOneOrTwoLetters } from './rules/document-types-of-one-or-two-letters.ts';
import { ecDomainParametersOfAKnownCurve } from './rules/ec-domain-parameters-of-a-known-curve.ts';
import { explicitEcParametersUncompressedWithCofactor } from './rules/explicit-ec-parameters-uncompressed-with-cofactor.ts';
import { extendedKeyUsageOfTheProfile } from './rules/extended-key-usage-of-the-profile.ts';
import { extendedKeyUsagePresent } from './rules/extended-key-usage-present.ts';
import { extensionsAsInTable6 } from './rules/extensions-as-in-table-6.ts';
import { issuerAlternativeNamePresent } from './rules/issuer-alternative-name-present.ts';
import { issuerNameOfTheIssuer } from './rules/issuer-name-of-the-issuer.ts';
import { keyUsageOfTheProfile } from './rules/key-usage-of-the-profile.ts';
import { keyUsagePresent } from './rules/key-usage-present.ts';
import { linkCertifiesAnotherKey } from './rules/link-certifies-another-key.ts';
import { nameChangeIsNull } from './rules/name-change-is-null.ts';
import { nameChangeWhenTheNamesDiffer } from './rules/name-change-when-the-names-differ.ts';
import { namesInPrintableOrUtf8String } from './rules/names-in-printable-or-utf8-string.ts';
import { notAfterCoversTheLastCard } from './rules/not-after-covers-the-last-card.ts';
import { notAfterIsARealEnd } from './rules/not-after-is-a-real-end.ts';
import { notAfterWithinTheCsca } from './rules/not-after-within-the-csca.ts';
import { notBeforePrecedesNotAfter } from './rules/not-before-precedes-not-after.ts';
import { pathLengthConstraintZero } from './rules/path-length-constraint-zero.ts';
import { privateKeyUsagePeriodPresent } from './rules/private-key-usage-period-present.ts';
import { rsaExponentOddAbove65536 } from './rules/rsa-exponent-odd-above-65536.ts';
import { rsaModulusOf2048To4096Bits } from './rules/rsa-modulus-of-2048-to-4096-bits.ts';
import { serialNumberPositive20Octets } from './rules/serial-number-positive-20-octets.ts';
import { signatureAlgorithmPermitted } from './rules/signature-algorithm-permitted.ts';
import { stringCharactersOfTheirType } from './rules/string-characters-of-their-type.ts';
import { subjectAlternativeNamePresent } from './rules/subject-alternative-name-present.ts';
import { subjectKeyEcOrRsa } from './rules/subject-key-ec-or-rsa.ts';
import { subjectKeyIdentifierOfTheKey } from './rules/subject-key-identifier-of-the-key.ts';
import { subjectKeyIdentifierPresent } from './rules/subject-key-identifier-present.ts';
import { uniqueIdentifiersAbsent } from './rules/unique-identifiers-absent.ts';
import { usagePeriodComplete } from './rules/usage-period-complete.ts';
import { usagePeriodInsideValidity } from './rules/usage-period-inside-validity.ts';
import { utcTimeUntil2049GeneralizedTimeFrom2050 } from './rules/utc-time-until-2049-generalized-time-from-2050.ts';

/** Every rule of a certificate, in the order of Doc 9303-12: encoding, fields (Table 5), keys (§4.1.6), extensions (Table 6). */
export const RULES: readonly Rule[] = Object.freeze([
  derEncoding,
  defaultValuesNotEncoded,
  serialNumberPositive20Octets,
  signatureAlgorithmPermitted,
  countryTwoUpperCaseLetters,
  countryEqualInIssuerAndSubject,
  countryAndSerialNumberInPrintableString,
  namesInPrintableOrUtf8String,
  stringCharactersOfTheirType,
  commonNamePresent,
  utcTimeUntil2049GeneralizedTimeFrom2050,
  notBeforePrecedesNotAfter,
  notAfterIsARealEnd,
  uniqueIdentifiersAbsent,
  subjectKeyEcOrRsa,
  explicitEcParametersUncompressedWithCofactor,
  ecDomainParametersOfAKnownCurve,
  rsaModulusOf2048To4096Bits,
  rsaExponentOddAbove65536,
  authorityKeyIdentifierPresent,
  subjectKeyIdentifierPresent,
  keyUsagePresent,
  privateKeyUsagePeriodPresent,
  subjectAlternativeNamePresent,
  issuerAlternativeNamePresent,
  basicConstraintsPresent,
  extendedKeyUsagePresent,
  crlDistributionPointsPresent,
  documentTypeListPresent,
  extensionsAsInTable6,
  criticalityAsInTable6,
  keyUsageOfTheProfile,
  basicConstraintsCaTrue,
  pathLengthConstraintZero,
  subjectKeyIdentifierOfTheKey,
  authorityKeyIdentifierOfTheIssuer,
  issuerNameOfTheIssuer,
  alternativeNamesWithTheCountryOfTheMrz,
  usagePeriodComplete,
  usagePeriodInsideValidity,
  cscaUsedAtMostFiveYears,
  documentSignerUsedAtMostThreeMonths,
  notAfterCoversTheLastCard,
  notAfterWithinTheCsca,
  extendedKeyUsageOfTheProfile,
  crlDistributionPointsLdapHttpHttps,
  crlDistributionPointsNameOnly,
  documentTypesOfOneOrTwoLetters,
  nameChangeWhenTheNamesDiffer,
  nameChangeIsNull,
  linkCertifiesAnotherKey,
]);
