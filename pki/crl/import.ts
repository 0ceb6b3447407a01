import { equalBytes, isCodedError } from '#encoder/bytes';
import { parseCertificate } from '#pki/x509';
import { CrlError } from './crl-error.ts';
import { crlFault, parseCrl, type Crl } from './crl.ts';

export interface CrlImport {
  /** CSCA certificates that are trusted, DER: after a roll-over the old and the new one. */
  readonly csca: readonly Uint8Array[];
  /** The list that is in use, if there is one. */
  readonly held?: Uint8Array;
  readonly at: Date;
}

/**
 * A list that came from outside, believed: signed by a trusted CSCA, in time, and newer than the one in use by its number and its date (RFC 5280
 * §5.2.3), so that no old list brings a revoked signer back. The very same list again is no error. Throws CRL_MALFORMED, CRL_REFUSED (with the fault)
 * and CRL_NOT_NEWER.
 */
export function importCrl(der: Uint8Array, { csca, held, at }: CrlImport): Crl {
  const list = readOrRefuse(der);
  const faults = csca.map((authority) => crlFault(list, parseCertificate(authority), at));
  if (!faults.includes(undefined)) throw new CrlError('CRL_REFUSED', { detail: faults.find((fault) => fault !== 'issuer') ?? 'issuer' });
  if (held === undefined || equalBytes(held, der)) return list;
  const present = readOrRefuse(held);
  const grows = list.number !== undefined && (present.number === undefined || list.number > present.number);
  if (!grows || list.thisUpdate < present.thisUpdate)
    throw new CrlError('CRL_NOT_NEWER', { detail: `number ${String(list.number)}, in use ${String(present.number)}` });
  return list;
}

function readOrRefuse(der: Uint8Array): Crl {
  try {
    return parseCrl(der);
  } catch (cause) {
    if (!isCodedError(cause) || cause instanceof CrlError) throw cause;
    throw new CrlError('CRL_MALFORMED', { where: cause.where ?? 'crl', detail: cause.code, cause });
  }
}
