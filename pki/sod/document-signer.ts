import { lintCertificate, parseCertificate, subjectKeyIdentifierOf, type Certificate } from '#pki/x509';
import { SodError } from './sod-error.ts';

/** A Document Signer's certificate, read and linted once for the many cards it signs. */
export interface DocumentSigner {
  readonly certificate: Certificate;
  /** The token's key identifier: SHA-1 of the public key, whatever the certificate of another authority calls it. */
  readonly keyId: Uint8Array;
}

/** Several are active at a time, and others of a while ago are asked for again: more than this at once is no plant's. */
const KNOWN_MAX = 64;
const known = new Map<string, DocumentSigner>();

/**
 * The same certificate gives the same object, read and linted the first time. Throws `SOD_SIGNER_UNSUITABLE`, with the rules broken, for
 * anything that is not a Document Signer's certificate.
 */
export function documentSigner(certificateDer: Uint8Array): DocumentSigner {
  const name = Buffer.from(certificateDer).toString('latin1');
  const before = known.get(name);
  if (before !== undefined) return before;
  const signer = readSigner(certificateDer);
  const [oldest] = known.keys();
  if (oldest !== undefined && known.size >= KNOWN_MAX) known.delete(oldest);
  known.set(name, signer);
  return signer;
}

/** The key signs inside its usage period and the validity of its certificate, both to the second. */
export function assertUsagePeriod({ privateKeyUsagePeriod: usage, validity }: Certificate, at: Date): void {
  const from = usage?.notBefore ?? validity.notBefore;
  const to = usage?.notAfter ?? validity.notAfter;
  if (at < from || at > to || at < validity.notBefore || at > validity.notAfter) throw new SodError('SOD_SIGNER_OUTSIDE_USAGE_PERIOD');
}

function readSigner(certificateDer: Uint8Array): DocumentSigner {
  const certificate = readCertificate(certificateDer);
  const findings = lintCertificate(certificate, 'document-signer', { technicalLifeYears: 0 });
  if (findings.length > 0) throw new SodError('SOD_SIGNER_UNSUITABLE', { detail: findings.map(({ rule }) => rule).join(', ') });
  return Object.freeze({ certificate, keyId: subjectKeyIdentifierOf(certificate.spki) });
}

function readCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    throw new SodError('SOD_SIGNER_UNSUITABLE', { cause });
  }
}
