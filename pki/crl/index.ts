/**
 * The CSCA's certificate revocation list (Doc 9303-12 §7.1.4): prepared, linted (`lint/`: one rule a file), signed once and verified; the strict reader
 * that Passive Authentication asks; lists of other authorities imported; and when the next one is due. No delta lists, no reason codes: the
 * profile forbids them.
 */
export { CrlError, type CrlErrorCode } from './crl-error.ts';
export { crlTokenOf, issueCrl, prepareCrl, type CrlRequest, type CrlToken } from './issue.ts';
export { crlFault, parseCrl, revokedSince, type Crl, type CrlEntry, type CrlFault, type RevokedCertificate } from './crl.ts';
export { lintCrl, lintEncodedCrl } from './lint/lint.ts';
export { importCrl, type CrlImport } from './import.ts';
export { CRL_DAYS_MAX, nextCrlDue, type CrlDue } from './due.ts';
