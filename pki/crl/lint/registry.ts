import type { CrlRule } from './rule.ts';
import { authorityKeyIdentifierOfTheCsca } from './rules/authority-key-identifier-of-the-csca.ts';
import { authorityKeyIdentifierPresent } from './rules/authority-key-identifier-present.ts';
import { crlNumberNonNegative20Octets } from './rules/crl-number-non-negative-20-octets.ts';
import { crlNumberPresent } from './rules/crl-number-present.ts';
import { defaultValuesNotEncoded } from './rules/default-values-not-encoded.ts';
import { derEncoding } from './rules/der-encoding.ts';
import { entryExtensionsAsInTable10 } from './rules/entry-extensions-as-in-table-10.ts';
import { entryExtensionsNotCritical } from './rules/entry-extensions-not-critical.ts';
import { extensionsAsInTable10 } from './rules/extensions-as-in-table-10.ts';
import { extensionsNotCritical } from './rules/extensions-not-critical.ts';
import { issuedInTheUsagePeriodOfTheCsca } from './rules/issued-in-the-usage-period-of-the-csca.ts';
import { issuerIsTheCsca } from './rules/issuer-is-the-csca.ts';
import { nextUpdateWithin90Days } from './rules/next-update-within-90-days.ts';
import { serialNumbersPositive20Octets } from './rules/serial-numbers-positive-20-octets.ts';
import { signatureAlgorithmPermitted } from './rules/signature-algorithm-permitted.ts';
import { thisUpdatePrecedesNextUpdate } from './rules/this-update-precedes-next-update.ts';
import { utcTimeUntil2049GeneralizedTimeFrom2050 } from './rules/utc-time-until-2049-generalized-time-from-2050.ts';

/** Every rule of a revocation list, in the order of Doc 9303-12 Tables 9 and 10. */
export const RULES: readonly CrlRule[] = Object.freeze([
  derEncoding,
  defaultValuesNotEncoded,
  signatureAlgorithmPermitted,
  issuerIsTheCsca,
  utcTimeUntil2049GeneralizedTimeFrom2050,
  thisUpdatePrecedesNextUpdate,
  nextUpdateWithin90Days,
  issuedInTheUsagePeriodOfTheCsca,
  serialNumbersPositive20Octets,
  authorityKeyIdentifierPresent,
  authorityKeyIdentifierOfTheCsca,
  crlNumberPresent,
  crlNumberNonNegative20Octets,
  extensionsAsInTable10,
  extensionsNotCritical,
  entryExtensionsAsInTable10,
  entryExtensionsNotCritical,
]);
