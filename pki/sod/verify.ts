import { createHash } from 'node:crypto';
import { equalBytes, isCodedError } from '#encoder/bytes';
import { ldsSecurityObject, type LdsSecurityObject } from '#encoder/lds';
import { decodeOnly } from '#encoder/tlv';
import { parseSignedData, verifySignerInfo, type SignedData, type SignerInfoFault } from '#pki/cms';
import { crlFault, parseCrl } from '#pki/crl';
import { OID, parseCertificate, unprocessedCritical, verifySignature, type Certificate, type HashName } from '#pki/x509';
import { documentTypeOf } from './data-groups.ts';

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

export interface PassiveAuthenticationVerdict {
  /** Structure, signature, chain and validity passed, and nothing failed. */
  readonly good: boolean;
  readonly checks: readonly PassiveAuthenticationCheck[];
  /** The Document Signer's certificate, where one was found. */
  readonly documentSigner?: Uint8Array;
  readonly ldsSecurityObject?: LdsSecurityObject;
}

export interface PassiveAuthenticationOptions {
  readonly csca: readonly Uint8Array[];
  readonly crl?: Uint8Array;
  readonly at: Date;
}

const SIGNER_FAULTS = {
  'algorithm-unsupported': 'SOD_ALGORITHM_UNSUPPORTED',
  'content-type': 'SOD_MALFORMED',
  'message-digest': 'SOD_CONTENT_CHANGED',
  signature: 'SOD_SIGNATURE_INVALID',
} as const satisfies Record<SignerInfoFault, PassiveAuthenticationCode>;

/** Doc 9303-12 §4.1.6: "the only permitted hashing algorithms"; SHA-1 is read on old documents and proves nothing. */
const DIGESTS: Readonly<Record<LdsSecurityObject['hashAlgorithm'], HashName | undefined>> = {
  'SHA-1': undefined,
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

const NEEDED = ['structure', 'signature', 'chain', 'validity'] as const;
const KEY_CERT_SIGN = 5;

/**
 * Passive Authentication (Doc 9303-11 §5.1) with node:crypto alone. `dataGroups` are the files that were read, by number. Every input is an
 * input: malformed or hostile bytes give a verdict that is not good, never an exception.
 */
export function verifySod(
  efSod: Uint8Array,
  dataGroups: ReadonlyMap<number, Uint8Array>,
  options: PassiveAuthenticationOptions,
): PassiveAuthenticationVerdict {
  const read = attempt(() => readSod(efSod));
  if (!read.ok) return verdict([failed('structure', 'SOD_MALFORMED', read.reason)]);
  const { data, content, lds, signer } = read.value;
  if (signer === undefined) return verdict([failed('structure', 'SOD_SIGNER_AMBIGUOUS')], { ldsSecurityObject: lds });
  const digest = DIGESTS[lds.hashAlgorithm];
  if (digest === undefined)
    return verdict([failed('structure', 'SOD_ALGORITHM_UNSUPPORTED', lds.hashAlgorithm)], { ldsSecurityObject: lds });
  const csca = findCsca(signer, options.csca);
  return verdict(
    [
      { check: 'structure', outcome: 'passed' },
      checkSignature(data, content, signer),
      ...checkDataGroups(lds, digest, dataGroups),
      checkChain(signer, csca),
      checkValidity(signer, csca.trusted, options.at),
      checkDocumentType(signer, dataGroups.get(1)),
      checkRevocation(signer, csca.trusted, options),
    ],
    { documentSigner: signer.certificate, ldsSecurityObject: lds },
  );
}

interface ReadSod {
  readonly data: SignedData;
  readonly content: Uint8Array;
  readonly lds: LdsSecurityObject;
  /** Undefined unless exactly one embedded certificate is the one that the signer names. */
  readonly signer: Certificate | undefined;
}

function readSod(efSod: Uint8Array): ReadSod {
  const data = parseSignedData(decodeOnly(efSod, 0x77, 'EF.SOD').rest(), 'EF.SOD');
  // Version 3 because the content is not plain data (RFC 5652 §5.1, Doc 9303-10 Table D-1).
  if (data.version !== 3 || data.contentType !== OID.ldsSecurityObject || data.content === undefined)
    throw new Error('not an LDS security object');
  const { sid } = data.signerInfo;
  const named = data.certificates
    .map((certificate) => parseCertificate(certificate))
    .filter((certificate) =>
      'issuer' in sid
        ? equalBytes(sid.issuer, certificate.issuer) && equalBytes(sid.serialNumber, certificate.serialNumber)
        : certificate.subjectKeyIdentifier !== undefined && equalBytes(sid.subjectKeyIdentifier, certificate.subjectKeyIdentifier),
    );
  return { data, content: data.content, lds: ldsSecurityObject.decode(data.content), signer: named.length === 1 ? named[0] : undefined };
}

function checkSignature(data: SignedData, content: Uint8Array, signer: Certificate): PassiveAuthenticationCheck {
  const fault = verifySignerInfo(data, content, signer);
  return fault === undefined ? { check: 'signature', outcome: 'passed' } : failed('signature', SIGNER_FAULTS[fault]);
}

function checkDataGroups(
  lds: LdsSecurityObject,
  digest: HashName,
  files: ReadonlyMap<number, Uint8Array>,
): readonly PassiveAuthenticationCheck[] {
  const signed = lds.dataGroupHashes.map(({ dataGroup, hash }): PassiveAuthenticationCheck => {
    const file = files.get(dataGroup);
    if (file === undefined) return { check: 'data-group', dataGroup, outcome: 'skipped', code: 'DATA_GROUP_NOT_READ' };
    const same = equalBytes(createHash(digest).update(file).digest(), hash);
    return same
      ? { check: 'data-group', dataGroup, outcome: 'passed' }
      : { check: 'data-group', dataGroup, outcome: 'failed', code: 'DATA_GROUP_CHANGED' };
  });
  const unsigned = [...files.keys()]
    .filter((number) => !lds.dataGroupHashes.some(({ dataGroup }) => dataGroup === number))
    .map((dataGroup): PassiveAuthenticationCheck => ({ check: 'data-group', dataGroup, outcome: 'failed', code: 'DATA_GROUP_NOT_SIGNED' }));
  return [...signed, ...unsigned];
}

interface CscaMatch {
  /** The CSCA whose key verifies the Document Signer's certificate. */
  readonly trusted: Certificate | undefined;
  /** Whether any CSCA has the issuer's name. */
  readonly named: boolean;
}

/** CSCA link certificates are no intermediates (Doc 9303-12 §2): the path is one certificate long. */
function findCsca(signer: Certificate, certificates: readonly Uint8Array[]): CscaMatch {
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

function checkChain(signer: Certificate, csca: CscaMatch): PassiveAuthenticationCheck {
  if (signer.isCa || !signer.keyUsage.includes(0)) return failed('chain', 'DOCUMENT_SIGNER_UNSUITABLE');
  const [critical] = unprocessedCritical(signer);
  if (critical !== undefined) return failed('chain', 'DOCUMENT_SIGNER_UNSUITABLE', `critical extension ${critical}`);
  if (csca.trusted !== undefined) return { check: 'chain', outcome: 'passed' };
  if (signer.signatureAlgorithm === undefined) return failed('chain', 'SOD_ALGORITHM_UNSUPPORTED');
  return failed('chain', csca.named ? 'DOCUMENT_SIGNER_NOT_CERTIFIED' : 'CSCA_UNKNOWN');
}

/** The usage period of the private key ends long before the cards do: only its beginning can be checked on a card (Doc 9303-12 §4.1.1). */
function checkValidity(signer: Certificate, csca: Certificate | undefined, at: Date): PassiveAuthenticationCheck {
  const certificates = csca === undefined ? [signer] : [signer, csca];
  const starts = certificates.flatMap(({ validity, privateKeyUsagePeriod: usage }) => [
    validity.notBefore,
    usage?.notBefore ?? validity.notBefore,
  ]);
  if (starts.some((start) => at < start)) return failed('validity', 'CERTIFICATE_NOT_YET_VALID');
  if (certificates.some(({ validity }) => at > validity.notAfter)) return failed('validity', 'CERTIFICATE_EXPIRED');
  return { check: 'validity', outcome: 'passed' };
}

/** Certificates older than the extension have no list (Doc 9303-12 Appendix C): then there is nothing to check. */
function checkDocumentType(signer: Certificate, dg1: Uint8Array | undefined): PassiveAuthenticationCheck {
  const { documentTypes } = signer;
  if (documentTypes === undefined) return { check: 'document-type', outcome: 'skipped' };
  if (dg1 === undefined) return { check: 'document-type', outcome: 'skipped', code: 'DATA_GROUP_NOT_READ' };
  const type = attempt(() => documentTypeOf(dg1));
  return type.ok && documentTypes.includes(type.value)
    ? { check: 'document-type', outcome: 'passed' }
    : failed('document-type', 'DOCUMENT_TYPE_NOT_ALLOWED');
}

function checkRevocation(
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

function verdict(
  checks: readonly PassiveAuthenticationCheck[],
  found: Omit<PassiveAuthenticationVerdict, 'good' | 'checks'> = {},
): PassiveAuthenticationVerdict {
  const passed = (wanted: string) => checks.some(({ check, outcome }) => check === wanted && outcome === 'passed');
  const good = NEEDED.every((check) => passed(check)) && checks.every(({ outcome }) => outcome !== 'failed');
  return { good, checks, ...found };
}

function failed(check: PassiveAuthenticationCheck['check'], code: PassiveAuthenticationCode, detail?: string): PassiveAuthenticationCheck {
  return { check, outcome: 'failed', code, ...(detail === undefined ? {} : { detail }) };
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** What a stranger's bytes make a reader throw is a finding; the reason is a code and a place, never a value. */
function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return { ok: false, reason: isCodedError(error) ? `${error.code} ${error.where ?? ''}`.trim() : 'unexpected form' };
  }
}
