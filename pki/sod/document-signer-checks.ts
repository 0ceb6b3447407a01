import { equalBytes, isCodedError } from '#encoder/bytes';
import { isNamedBy, verifySignerInfo, type SignedData, type SignerInfoFault } from '#pki/cms';
import { crlFault, parseCrl } from '#pki/crl';
import { parseCertificate, unprocessedCritical, verifySignature, type Certificate } from '#pki/x509';
import type { SodRuleId } from './lint/rules.ts';

export type PassiveAuthenticationCode =
  | 'SOD_MALFORMED'
  | 'SOD_SIGNER_AMBIGUOUS'
  | 'SOD_ALGORITHM_UNSUPPORTED'
  | 'SOD_CONTENT_CHANGED'
  | 'SOD_SIGNATURE_INVALID'
  | 'DATA_GROUP_CHANGED'
  | 'DATA_GROUP_NOT_SIGNED'
  | 'DATA_GROUP_NOT_READ'
  | 'DOCUMENT_SIGNER_UNSUITABLE'
  | 'DOCUMENT_SIGNER_NOT_CERTIFIED'
  | 'CSCA_UNKNOWN'
  | 'CERTIFICATE_NOT_YET_VALID'
  | 'CERTIFICATE_EXPIRED'
  | 'DOCUMENT_TYPE_NOT_ALLOWED'
  | 'CRL_NOT_GIVEN'
  | 'CRL_UNUSABLE'
  | 'DOCUMENT_SIGNER_REVOKED';

/** One thing that was checked. `skipped` is neither good nor bad: it could not be checked, and `code` says why. */
export interface PassiveAuthenticationCheck {
  readonly check: 'structure' | 'signature' | 'data-group' | 'chain' | 'validity' | 'document-type' | 'revocation';
  /** With `data-group`: which one. */
  readonly dataGroup?: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly code?: PassiveAuthenticationCode;
  /** Never a value read from the card. */
  readonly detail?: string;
}

export interface PassiveAuthenticationOptions {
  readonly csca: readonly Uint8Array[];
  readonly crl?: Uint8Array;
  readonly at: Date;
}

const SIGNER_FAULTS = {
  'algorithm-unsupported': { code: 'SOD_ALGORITHM_UNSUPPORTED', detail: 'sod-signature-algorithm-permitted' },
  'content-type': { code: 'SOD_MALFORMED', detail: 'sod-content-type-attribute' },
  'message-digest': { code: 'SOD_CONTENT_CHANGED', detail: 'sod-message-digest' },
  signature: { code: 'SOD_SIGNATURE_INVALID', detail: undefined },
} as const satisfies Record<SignerInfoFault, { readonly code: PassiveAuthenticationCode; readonly detail: SodRuleId | undefined }>;

const NEEDED = ['structure', 'signature', 'chain', 'validity'] as const;
const KEY_CERT_SIGN = 5;

/** The embedded certificate that the signer names; undefined unless it is exactly one. Throws for a certificate that is none. */
export function signerOf({
  certificates,
  signerInfo: { sid },
}: Pick<SignedData, 'certificates'> & { readonly signerInfo: Pick<SignedData['signerInfo'], 'sid'> }): Certificate | undefined {
  const named = certificates.map((certificate) => parseCertificate(certificate)).filter((certificate) => isNamedBy(sid, certificate));
  return named.length === 1 ? named[0] : undefined;
}

export function checkSignature(data: SignedData, content: Uint8Array, signer: Certificate): PassiveAuthenticationCheck {
  return signatureCheck(verifySignerInfo(data, content, signer));
}

/** A check by the fault that was found; the detail is the rule that the linter has for it. */
export function signatureCheck(fault: SignerInfoFault | undefined): PassiveAuthenticationCheck {
  if (fault === undefined) return { check: 'signature', outcome: 'passed' };
  const { code, detail } = SIGNER_FAULTS[fault];
  return failed('signature', code, detail);
}

export interface CscaMatch {
  /** The CSCA whose key verifies the Document Signer's certificate. */
  readonly trusted: Certificate | undefined;
  /** Whether any CSCA has the issuer's name. */
  readonly named: boolean;
}

/** CSCA link certificates are no intermediates (Doc 9303-12 §2): the path is one certificate long. */
export function findCsca(signer: Certificate, certificates: readonly Uint8Array[]): CscaMatch {
  const named = certificates.flatMap((der) => {
    const csca = attempt(() => parseCertificate(der));
    return csca.ok && equalBytes(csca.value.subject, signer.issuer) ? [csca.value] : [];
  });
  const { signatureAlgorithm: algorithm } = signer;
  const trusted = named.find(
    (csca) =>
      csca.isCa &&
      unprocessedCritical(csca).length === 0 &&
      csca.keyUsage.includes(KEY_CERT_SIGN) &&
      algorithm !== undefined &&
      verifySignature(algorithm, signer.der, csca.publicKey, signer.signature),
  );
  return { trusted, named: named.length > 0 };
}

export function checkChain(signer: Certificate, csca: CscaMatch): PassiveAuthenticationCheck {
  if (signer.isCa || !signer.keyUsage.includes(0)) return failed('chain', 'DOCUMENT_SIGNER_UNSUITABLE');
  const [critical] = unprocessedCritical(signer);
  if (critical !== undefined) return failed('chain', 'DOCUMENT_SIGNER_UNSUITABLE', `critical extension ${critical}`);
  if (csca.trusted !== undefined) return { check: 'chain', outcome: 'passed' };
  if (signer.signatureAlgorithm === undefined) return failed('chain', 'SOD_ALGORITHM_UNSUPPORTED');
  return failed('chain', csca.named ? 'DOCUMENT_SIGNER_NOT_CERTIFIED' : 'CSCA_UNKNOWN');
}

/** The usage period of the private key ends long before the cards do: only its beginning can be checked on a card (Doc 9303-12 §4.1.1). */
export function checkValidity(signer: Certificate, csca: Certificate | undefined, at: Date): PassiveAuthenticationCheck {
  const certificates = csca === undefined ? [signer] : [signer, csca];
  const starts = certificates.flatMap(({ validity, privateKeyUsagePeriod: usage }) => [
    validity.notBefore,
    usage?.notBefore ?? validity.notBefore,
  ]);
  if (starts.some((start) => at < start)) return failed('validity', 'CERTIFICATE_NOT_YET_VALID');
  if (certificates.some(({ validity }) => at > validity.notAfter)) return failed('validity', 'CERTIFICATE_EXPIRED');
  return { check: 'validity', outcome: 'passed' };
}

export function checkRevocation(
  signer: Certificate,
  csca: Certificate | undefined,
  options: PassiveAuthenticationOptions,
): PassiveAuthenticationCheck {
  const der = options.crl;
  if (der === undefined || csca === undefined) return { check: 'revocation', outcome: 'skipped', code: 'CRL_NOT_GIVEN' };
  const crl = attempt(() => parseCrl(der));
  if (!crl.ok) return failed('revocation', 'CRL_UNUSABLE', crl.reason);
  const fault = crlFault(crl.value, csca, options.at);
  if (fault !== undefined) return failed('revocation', 'CRL_UNUSABLE', fault);
  const revoked = crl.value.revoked.some((serialNumber) => equalBytes(serialNumber, signer.serialNumber));
  return revoked ? failed('revocation', 'DOCUMENT_SIGNER_REVOKED') : { check: 'revocation', outcome: 'passed' };
}

/** Whether structure, signature, chain and validity were checked and held, and nothing failed. */
export function allGood(checks: readonly PassiveAuthenticationCheck[]): boolean {
  const passed = (wanted: string) => checks.some(({ check, outcome }) => check === wanted && outcome === 'passed');
  return NEEDED.every((check) => passed(check)) && checks.every(({ outcome }) => outcome !== 'failed');
}

export function failed(
  check: PassiveAuthenticationCheck['check'],
  code: PassiveAuthenticationCode,
  detail?: string,
): PassiveAuthenticationCheck {
  return { check, outcome: 'failed', code, ...(detail === undefined ? {} : { detail }) };
}

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** What a stranger's bytes make a reader throw is a finding; the reason is a code and a place, never a value. */
export function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return { ok: false, reason: isCodedError(error) ? `${error.code} ${error.where ?? ''}`.trim() : 'unexpected form' };
  }
}
