import { isCodedError } from '#encoder/bytes';
import { readSignedData } from '#pki/cms';
import { signerOf } from '#pki/sod';
import type { ListContext, ListFinding, ListKind, ListRule } from './list-kind.ts';
import { attributesInOrder } from './rules/attributes-in-order.ts';
import { certificatesInOrder } from './rules/certificates-in-order.ts';
import { contentDigest } from './rules/content-digest.ts';
import { contentType } from './rules/content-type.ts';
import { cscaIncluded } from './rules/csca-included.ts';
import { digestAlgorithm } from './rules/digest-algorithm.ts';
import { digestParameters } from './rules/digest-parameters.ts';
import { noRevocationLists } from './rules/no-revocation-lists.ts';
import { noUnsignedAttributes } from './rules/no-unsigned-attributes.ts';
import { oneSigner } from './rules/one-signer.ts';
import { signature } from './rules/signature.ts';
import { signatureAlgorithm } from './rules/signature-algorithm.ts';
import { signedInTime } from './rules/signed-in-time.ts';
import { signerIncluded } from './rules/signer-included.ts';
import { signerProfile } from './rules/signer-profile.ts';
import { signerPurpose } from './rules/signer-purpose.ts';
import { signerVersion } from './rules/signer-version.ts';
import { signingTime } from './rules/signing-time.ts';
import { subjectKeyIdentifier } from './rules/subject-key-identifier.ts';
import { version3 } from './rules/version-3.ts';

/** Of the SignedData, in the order of tables 18 and 19. The last one is what a list that is about to be signed cannot keep yet. */
export const SIGNED_LIST_RULES: readonly ListRule[] = [
  version3,
  digestAlgorithm,
  digestParameters,
  contentType,
  signerIncluded,
  cscaIncluded,
  certificatesInOrder,
  noRevocationLists,
  oneSigner,
  signerVersion,
  subjectKeyIdentifier,
  signingTime,
  attributesInOrder,
  contentDigest,
  signatureAlgorithm,
  noUnsignedAttributes,
  signerPurpose,
  signerProfile,
  signedInTime,
  signature,
];

/** What cannot be read keeps no rule; it has this one finding. */
const UNREADABLE: ListFinding = { rule: 'readable-as-signed-data', clause: 'RFC 5652 §5.1', level: 'must' };

/** Empty when the list keeps its profile. Never throws, whatever the bytes are. `unsigned` leaves the signature itself out. */
export function lintSignedList(kind: ListKind, list: Uint8Array, stage: 'signed' | 'unsigned' = 'signed'): readonly ListFinding[] {
  const context = keeps(() => contextOf(kind, list));
  if (context === undefined) return [UNREADABLE];
  return [...SIGNED_LIST_RULES, ...kind.rules]
    .filter((rule) => (stage === 'signed' || rule !== signature) && keeps(() => rule.holds(context)) !== true)
    .map(({ id, clause, level }) => ({ rule: id, clause, level }));
}

function contextOf(kind: ListKind, list: Uint8Array): ListContext {
  const form = readSignedData(list, kind.name, kind.bytesMax);
  const [info] = form.signerInfos;
  const signer = info === undefined ? undefined : keeps(() => signerOf({ certificates: form.certificates, signerInfo: info }));
  return { kind, form, info, signer, content: form.content ?? new Uint8Array() };
}

function keeps<T>(judge: () => T): T | undefined {
  try {
    return judge();
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}
