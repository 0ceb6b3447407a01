import { isCodedError } from '#encoder/bytes';
import {
  lintSignedList,
  openSignedList,
  believedSigner,
  type ListFinding,
  type OpenedList,
  type SignedListAgainst,
} from '#pki/signed-list';
import type { Certificate } from '#pki/x509';
import { readDeviationList, type DeviationListContent } from './content.ts';
import { DeviationListError, type DeviationListErrorCode } from './deviation-list-error.ts';
import { DEVIATION_LIST } from './kind.ts';

export interface ImportedDeviationList {
  readonly content: DeviationListContent;
  readonly signer: Certificate;
  readonly signingTime: Date | undefined;
  /** Rules of the profile that the list does not keep, though it may be believed. */
  readonly findings: readonly ListFinding[];
}

/**
 * A list that is believed: signed by a Deviation List Signer of one of the `csca`, which the caller trusts.
 * Errors: `DeviationListError` DEVIATION_LIST_MALFORMED, DEVIATION_LIST_SIGNER_UNTRUSTED, DEVIATION_LIST_SIGNATURE_INVALID.
 */
export function importDeviationList(list: Uint8Array, against: SignedListAgainst): ImportedDeviationList {
  const { opened, content } = wellFormed(() => open(list));
  const signer = believedSigner(DEVIATION_LIST, opened, against);
  if ('fault' in signer) {
    throw refused(signer.fault === 'untrusted' ? 'DEVIATION_LIST_SIGNER_UNTRUSTED' : 'DEVIATION_LIST_SIGNATURE_INVALID', signer.detail);
  }
  const { certificate, info } = signer;
  return { content, signer: certificate, signingTime: info.signingTime, findings: lintDeviationList(list) };
}

/** Doc 9303-12 §10, table 19: empty when the list keeps its profile. Never throws, whatever the bytes are; trust is not looked at. */
export function lintDeviationList(list: Uint8Array): readonly ListFinding[] {
  return lintSignedList(DEVIATION_LIST, list);
}

/** Who signed it, by its own word: nothing is verified. Errors: DEVIATION_LIST_MALFORMED. */
export function deviationListSigner(list: Uint8Array): Certificate {
  return wellFormed(() => open(list)).opened.signers[0].certificate;
}

function open(list: Uint8Array): { readonly opened: OpenedList; readonly content: DeviationListContent } {
  const opened = openSignedList(DEVIATION_LIST, list);
  if ('fault' in opened) throw refused('DEVIATION_LIST_MALFORMED', opened.fault);
  const content = readDeviationList(opened.content);
  if (content.version !== 0) throw refused('DEVIATION_LIST_MALFORMED', `version ${content.version}`);
  return { opened, content };
}

/** A stranger's bytes: what a reader throws is one code here, with the place. */
function wellFormed<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isCodedError(cause) || cause instanceof DeviationListError) throw cause;
    throw new DeviationListError('DEVIATION_LIST_MALFORMED', { where: cause.where ?? 'deviation list', detail: cause.code, cause });
  }
}

function refused(code: DeviationListErrorCode, detail: string): DeviationListError {
  return new DeviationListError(code, { detail });
}
