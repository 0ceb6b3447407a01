import type { KeyObject } from 'node:crypto';
import { isCodedError } from '#encoder/bytes';
import { parseCertificate, type Certificate, type TbsCertificate } from '../certificate.ts';
import { isDer } from '../is-der.ts';
import { verifySignature } from '../signature-algorithm.ts';
import { RULES } from './registry.ts';
import { broken, type CertificateProfile, type LintFinding, type LintParameters } from './rule.ts';

/** The life of a card without expiry, where nobody says another. */
const TECHNICAL_LIFE_YEARS = 25;

/** Empty when the certificate keeps its profile. Never throws on a certificate that was parsed. */
export function lintCertificate(
  certificate: TbsCertificate,
  profile: CertificateProfile,
  parameters: LintParameters = {},
): readonly LintFinding[] {
  const { technicalLifeYears = TECHNICAL_LIFE_YEARS, issuer } = parameters;
  const context = { certificate, profile, technicalLifeYears, issuer };
  return broken(
    RULES.filter((rule) => rule.profiles.includes(profile)),
    context,
  );
}

/** Findings about bytes that no rule can be asked about, because they are no certificate, or not this issuer's. */
const DER_ENCODING = { rule: 'der-encoding', clause: 'Doc 9303-12 §7.1; ISO/IEC 8825-1 §10, §11' } as const;
const STRUCTURE = { rule: 'x509-structure', clause: 'RFC 5280 §4.1, §4.2' } as const;
const SIGNATURE = { rule: 'signature-of-the-issuer', clause: 'RFC 5280 §6.1.3 (a)(1)' } as const;

/**
 * The same for bytes from outside, the signature included when the issuer's key is given: what is no DER breaks `der-encoding`, what is no
 * certificate `x509-structure`, what that key did not sign `signature-of-the-issuer`. Never throws.
 */
export function lintEncodedCertificate(
  der: Uint8Array,
  profile: CertificateProfile,
  parameters: LintParameters & { readonly issuerKey?: KeyObject } = {},
): readonly LintFinding[] {
  const certificate = readOrUndefined(der);
  if (certificate === undefined) return [isDer(der) ? STRUCTURE : DER_ENCODING];
  const findings = lintCertificate(certificate, profile, parameters);
  const { signatureAlgorithm: algorithm } = certificate;
  const signed =
    parameters.issuerKey === undefined ||
    algorithm === undefined ||
    verifySignature(algorithm, certificate.der, parameters.issuerKey, certificate.signature);
  return signed ? findings : [...findings, SIGNATURE];
}

/** The parameters that say: this authority must have issued it. Throws nothing; an authority without a key identifier is held to its name and key alone. */
export function issuedBy(authority: Certificate): LintParameters & { readonly issuerKey: KeyObject } {
  const { subject: name, subjectKeyIdentifier: keyIdentifier, publicKey: issuerKey, validity } = authority;
  return { issuerKey, ...(keyIdentifier === undefined ? {} : { issuer: { name, keyIdentifier, notAfter: validity.notAfter } }) };
}

function readOrUndefined(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}
