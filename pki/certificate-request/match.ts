import { equalBytes, isCodedError } from '#encoder/bytes';
import { findCsca } from '#pki/sod';
import { issuedBy, lintCertificate, lintEncodedCertificate, parseCertificate, type Certificate, type LintFinding } from '#pki/x509';

export interface ReturnedCertificate {
  /** What the authority sent, DER. */
  readonly certificate: Uint8Array;
  /** SubjectPublicKeyInfo of the key that asked: the token's, or the request's. */
  readonly spki: Uint8Array;
  /** CSCA certificates that the plant trusts. */
  readonly csca: readonly Uint8Array[];
  /** Document types of the MRZ that the plant will sign with this key. */
  readonly documentTypes: readonly string[];
  readonly technicalLifeYears: number;
  readonly at: Date;
}

/**
 * Whether a certificate that came back may be admitted as a Document Signer for the key that asked: the findings of the lint, and those that only
 * the key, the authority, the clock and the plant's cards can give. Empty when it may. Never throws on any bytes.
 */
export function matchCertificate(returned: ReturnedCertificate): readonly LintFinding[] {
  const certificate = readOrUndefined(returned.certificate);
  if (certificate === undefined) return lintEncodedCertificate(returned.certificate, 'document-signer');
  const { trusted } = findCsca(certificate, returned.csca);
  const lint = lintCertificate(certificate, 'document-signer', {
    technicalLifeYears: returned.technicalLifeYears,
    ...(trusted === undefined ? {} : issuedBy(trusted)),
  });
  return [...lint, ...CHECKS.flatMap(({ holds, ...finding }) => (holds(certificate, returned, trusted) ? [] : [finding]))];
}

interface Check extends LintFinding {
  readonly holds: (certificate: Certificate, returned: ReturnedCertificate, trusted: Certificate | undefined) => boolean;
}

const CHECKS: readonly Check[] = [
  {
    rule: 'subject-public-key-of-the-request',
    clause: 'RFC 2986 §4.1',
    holds: ({ spki }, returned) => equalBytes(spki, returned.spki),
  },
  {
    rule: 'issued-by-a-trusted-csca',
    clause: 'Doc 9303-12 §6.1.1; RFC 5280 §6.1.3 (a)',
    holds: (_, __, trusted) => trusted !== undefined,
  },
  {
    rule: 'certified-in-the-usage-period-of-the-csca',
    clause: 'Doc 9303-12 §4.1.4',
    holds: ({ validity }, _, trusted) => {
      const usage = trusted?.privateKeyUsagePeriod;
      const [from, to] = [usage?.notBefore ?? validity.notBefore, usage?.notAfter ?? validity.notBefore];
      return validity.notBefore >= from && validity.notBefore <= to;
    },
  },
  {
    rule: 'usage-period-not-over',
    clause: 'Doc 9303-12 §4.1.1',
    holds: ({ privateKeyUsagePeriod: usage, validity }, { at }) => at < (usage?.notAfter ?? validity.notAfter),
  },
  {
    rule: 'document-types-of-the-plant',
    clause: 'Doc 9303-12 §7.1.1.6',
    holds: ({ documentTypes = [] }, returned) => returned.documentTypes.every((type) => documentTypes.includes(type)),
  },
];

function readOrUndefined(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}
