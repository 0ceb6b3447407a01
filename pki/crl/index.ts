/**
 * The CSCA's certificate revocation list (Doc 9303-12 §7.1.4): prepared, linted, signed once and verified; and the strict reader
 * that Passive Authentication asks. No delta lists, no reason codes: the profile forbids them.
 */
export { CrlError, type CrlErrorCode } from './crl-error.ts';
export { crlTokenOf, issueCrl, prepareCrl, type CrlRequest, type CrlToken, type RevokedCertificate } from './issue.ts';
export { crlFault, parseCrl, type Crl, type CrlFault } from './crl.ts';
