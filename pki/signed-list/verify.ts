import { equalBytes, isCodedError } from '#encoder/bytes';
import { parseSignedData, verifySignerInfo, type SignedData, type SignerInfoFault } from '#pki/cms';
import { crlFault, parseCrl, revokedSince } from '#pki/crl';
import { findCsca, signerOf } from '#pki/sod';
import { OID, parseCertificate, unprocessedCritical, type Certificate } from '#pki/x509';
import type { ListKind } from './list-kind.ts';
import { purposesOf } from './purposes.ts';

export interface SignedListAgainst {
  /** CSCA certificates that are trusted here: the list's own are not. */
  readonly csca: readonly Uint8Array[];
  readonly at: Date;
  /** CRLs of those CSCAs, DER; where one of the signer's CSCA is there, it must be current, and the signer not on it. */
  readonly crls?: readonly Uint8Array[];
}

export type SignedListFault =
  | { readonly fault: 'signature'; readonly detail: SignerInfoFault }
  | { readonly fault: 'untrusted'; readonly detail: string };

export interface OpenedList {
  readonly data: SignedData;
  readonly content: Uint8Array;
  readonly signer: Certificate;
  /** Mandatory (tables 18 and 19), and claimed by the signer: the lint misses it, the verification needs none. */
  readonly signingTime: Date | undefined;
}

/**
 * The list taken apart, nothing of it believed yet. Errors: `CmsError`, `X509Error`, `DecodeError`; `fault` is what stands there instead of a
 * list of this kind.
 */
export function openSignedList(kind: ListKind, list: Uint8Array): OpenedList | { readonly fault: string } {
  const data = parseSignedData(list, kind.name, kind.bytesMax);
  const { signerInfo, content, contentType, version } = data;
  if (version !== 3 || contentType !== kind.contentType || content === undefined) return { fault: `content type ${contentType}` };
  const signer = signerOf(data);
  if (signer === undefined) return { fault: 'the certificate of the signer is not there, or twice' };
  return { data, content, signer, signingTime: signerInfo.signingTime };
}

/** Whether the list may be believed; undefined when it may. */
export function signedListFault(
  kind: ListKind,
  { data, content, signer }: OpenedList,
  against: SignedListAgainst,
): SignedListFault | undefined {
  const untrusted = signerFault(kind, signer, against);
  if (untrusted !== undefined) return { fault: 'untrusted', detail: untrusted };
  const detail = verifySignerInfo(data, content, signer);
  return detail === undefined ? undefined : { fault: 'signature', detail };
}

/** A signer that a trusted CSCA has certified for this kind of list and for nothing else (Doc 9303-12 §7.1.1.3, table 6). */
function signerFault(kind: ListKind, signer: Certificate, { csca, at, crls = [] }: SignedListAgainst): string | undefined {
  const { trusted } = findCsca(signer, csca);
  if (trusted === undefined) return 'no CSCA given here has certified it';
  if (signer.isCa || !signer.keyUsage.includes(0)) return 'key usage';
  if (attempt(() => purposesOf(signer))?.includes(kind.purpose) !== true) return `not a signer of ${kind.name}s`;
  const [critical] = unprocessedCritical(signer).filter((oid) => oid !== OID.extKeyUsage);
  if (critical !== undefined) return `critical extension ${critical}`;
  for (const { validity } of [signer, trusted]) if (at < validity.notBefore || at > validity.notAfter) return 'out of date';
  return revocationFault(signer, trusted, { csca, at, crls });
}

/** The lists of the signer's CSCA, by whichever of its keys: after a roll-over the newest signs for all certificates. */
function revocationFault(signer: Certificate, trusted: Certificate, { csca, at, crls }: Required<SignedListAgainst>): string | undefined {
  const keys = csca.flatMap((der) => attempt(() => parseCertificate(der)) ?? []);
  for (const der of crls) {
    const crl = attempt(() => parseCrl(der));
    if (crl === undefined) return 'a CRL that cannot be read';
    if (!equalBytes(crl.issuer, trusted.subject)) continue;
    const faults = keys.map((key) => crlFault(crl, key, at));
    if (!faults.includes(undefined)) return `CRL: ${faults.find((fault) => fault !== 'issuer') ?? 'issuer'}`;
    if (revokedSince(crl, signer) !== undefined) return 'revoked';
  }
  return undefined;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}
