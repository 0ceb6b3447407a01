import { equalBytes, isCodedError } from '#encoder/bytes';
import { parseCertificate, type Certificate } from './certificate.ts';
import { issuedBy, lintEncodedCertificate } from './lint/lint.ts';
import type { LintFinding, LintParameters } from './lint/rule.ts';
import { verifySignature } from './signature-algorithm.ts';

const BY_A_TRUSTED_CSCA = { rule: 'link-by-a-trusted-csca', clause: 'Doc 9303-12 §4.1.4, §6.1.1' } as const;
const CERTIFIES_THIS_CSCA = { rule: 'link-certifies-this-csca', clause: 'Doc 9303-12 §4.1.4, §7.1.1.5' } as const;

/**
 * Whether a new CSCA may be trusted because of its link certificate: the link is a CSCA link certificate, signed by a CSCA that is trusted already, and
 * certifies the very name and key of the new self-signed certificate, which keeps its own profile. Empty when it may; never throws on any bytes.
 */
export function lintRollOver(
  material: { readonly link: Uint8Array; readonly csca: Uint8Array },
  trusted: readonly Uint8Array[],
  parameters: Pick<LintParameters, 'technicalLifeYears'> = {},
): readonly LintFinding[] {
  const [link, csca] = [attempt(material.link), attempt(material.csca)];
  const old = trusted.map(attempt).find((known) => known !== undefined && link !== undefined && hasIssued(known, link));
  const same = link !== undefined && csca !== undefined && equalBytes(link.spki, csca.spki) && equalBytes(link.subject, csca.subject);
  return [
    ...lintEncodedCertificate(material.link, 'csca-link', { ...parameters, ...(old === undefined ? {} : issuedBy(old)) }),
    ...lintEncodedCertificate(material.csca, 'csca', { ...parameters, ...(csca === undefined ? {} : issuedBy(csca)) }),
    ...(old === undefined ? [BY_A_TRUSTED_CSCA] : []),
    ...(same ? [] : [CERTIFIES_THIS_CSCA]),
  ];
}

/** Named bit of RFC 5280 §4.2.1.3. */
const KEY_CERT_SIGN = 5;

function hasIssued(authority: Certificate, link: Certificate): boolean {
  const { signatureAlgorithm: algorithm } = link;
  return (
    equalBytes(authority.subject, link.issuer) &&
    authority.isCa &&
    authority.keyUsage.includes(KEY_CERT_SIGN) &&
    algorithm !== undefined &&
    verifySignature(algorithm, link.der, authority.publicKey, link.signature)
  );
}

function attempt(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}
