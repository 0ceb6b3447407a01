import { isCodedError } from '#encoder/bytes';
import { believedSigner, lintSignedList, openSignedList, type ListFinding, type SignedListAgainst } from '#pki/signed-list';
import type { Certificate } from '#pki/x509';
import { readMasterListContent } from './content.ts';
import { MASTER_LIST } from './kind.ts';
import { MasterListError, type MasterListErrorCode } from './master-list-error.ts';

export interface ImportedMasterList {
  /** DER, each once, none of them parsed: a list brings those of States whose form nothing here reads. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: Certificate;
  readonly signingTime: Date | undefined;
  /** Rules of the profile that the list does not keep, though it may be believed: a SET that is out of order, a certificate twice … */
  readonly findings: readonly ListFinding[];
}

/**
 * A list that is believed: signed by a Master List Signer of one of the `csca`, which the caller trusts; the CSCA certificate that the list
 * brings for that purpose is never the reason for trust in it.
 *
 * Errors: `MasterListError` MASTER_LIST_MALFORMED, MASTER_LIST_SIGNER_UNTRUSTED, MASTER_LIST_SIGNATURE_INVALID.
 */
export function importMasterList(list: Uint8Array, against: SignedListAgainst): ImportedMasterList {
  const { opened, certificates } = wellFormed(() => open(list));
  const signer = believedSigner(MASTER_LIST, opened, against);
  if ('fault' in signer) {
    throw refused(signer.fault === 'untrusted' ? 'MASTER_LIST_SIGNER_UNTRUSTED' : 'MASTER_LIST_SIGNATURE_INVALID', signer.detail);
  }
  const { certificate, info } = signer;
  return { certificates, signer: certificate, signingTime: info.signingTime, findings: lintMasterList(list) };
}

/** The certificates of `importMasterList`. */
export function readMasterList(list: Uint8Array, against: SignedListAgainst): readonly Uint8Array[] {
  return importMasterList(list, against).certificates;
}

/** Doc 9303-12 §9, tables 18: empty when the list keeps its profile. Never throws, whatever the bytes are; trust is not looked at. */
export function lintMasterList(list: Uint8Array): readonly ListFinding[] {
  return lintSignedList(MASTER_LIST, list);
}

/** Who signed it, by its own word: nothing is verified. Errors: MASTER_LIST_MALFORMED. */
export function masterListSigner(list: Uint8Array): Certificate {
  return wellFormed(() => open(list)).opened.signers[0].certificate;
}

function open(list: Uint8Array) {
  const opened = openSignedList(MASTER_LIST, list);
  if ('fault' in opened) throw refused('MASTER_LIST_MALFORMED', opened.fault);
  const { version, certificates } = readMasterListContent(opened.content);
  if (version !== 0) throw refused('MASTER_LIST_MALFORMED', `version ${version}`);
  const once = new Map(certificates.map((der) => [Buffer.from(der).toString('hex'), der]));
  return { opened, certificates: [...once.values()] };
}

/** A stranger's bytes: what a reader throws is one code here, with the place. */
function wellFormed<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isCodedError(cause) || cause instanceof MasterListError) throw cause;
    throw new MasterListError('MASTER_LIST_MALFORMED', { where: cause.where ?? 'master list', detail: cause.code, cause });
  }
}

function refused(code: MasterListErrorCode, detail: string): MasterListError {
  return new MasterListError(code, { detail });
}
