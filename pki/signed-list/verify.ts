import { equalBytes, isCodedError } from '#encoder/bytes';
import { readSignedData, signerInfoOf, verifySignerInfo, type SignedDataForm, type SignerInfo, type SignerInfoFault } from '#pki/cms';
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

/** Somebody who says to have signed the list, with the certificate that the list brings for it. */
export interface ListSigner {
  readonly info: SignerInfo;
  readonly certificate: Certificate;
}

export interface OpenedList {
  readonly form: SignedDataForm;
  readonly content: Uint8Array;
  /** One is recommended; a list of two has a signer of before a roll-over and one of after it. */
  readonly signers: readonly [ListSigner, ...ListSigner[]];
}

/**
 * The list taken apart, nothing of it believed yet. What may be ignored is (unsigned attributes, revocation lists): the lint names it.
 * Errors: `CmsError`, `X509Error`, `DecodeError`; `fault` is what stands there instead of a list of this kind.
 */
export function openSignedList(kind: ListKind, list: Uint8Array): OpenedList | { readonly fault: string } {
  const form = readSignedData(list, kind.name, kind.bytesMax);
  const { content, contentType, version, certificates } = form;
  if (version !== 3 || contentType !== kind.contentType || content === undefined) return { fault: `content type ${contentType}` };
  // RFC 5652 §5.3: 1 or 3, by the kind of identifier. The wrong one of the two is a finding of the lint; another one is of no form that is known here.
  if (form.signerInfos.some((signerInfo) => signerInfo.version !== 1 && signerInfo.version !== 3)) return { fault: 'signerInfo version' };
  const [first, ...others] = form.signerInfos.flatMap((signerInfo): readonly ListSigner[] => {
    const certificate = signerOf({ certificates, signerInfo });
    return certificate === undefined ? [] : [{ info: signerInfoOf(signerInfo, kind.name), certificate }];
  });
  if (first === undefined) return { fault: 'the certificate of the signer is not there, or twice' };
  return { form, content, signers: [first, ...others] };
}

/** The first of the signers on whose word the list may be believed; if there is none, what is wrong with the first of all. */
export function believedSigner(
  kind: ListKind,
  { form, content, signers }: OpenedList,
  against: SignedListAgainst,
): ListSigner | SignedListFault {
  const judged = signers.map(({ info, certificate }) => {
    const untrusted = signerFault(kind, certificate, against);
    if (untrusted !== undefined) return { fault: 'untrusted', detail: untrusted } as const;
    const detail = verifySignerInfo({ ...form, signerInfo: info }, content, certificate);
    return detail === undefined ? { info, certificate } : ({ fault: 'signature', detail } as const);
  });
  const [first] = judged;
  return judged.find((each): each is ListSigner => 'info' in each) ?? first ?? { fault: 'untrusted', detail: 'no signer' };
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
