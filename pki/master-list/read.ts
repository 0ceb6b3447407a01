import { isCodedError } from '#encoder/bytes';
import { decodeOnly, DER, enter, readOid, readRaw, readSmallInteger } from '#encoder/tlv';
import { parseSignedData, verifySignerInfo, type SignedData } from '#pki/cms';
import { findCsca, signerOf } from '#pki/sod';
import { OID, unprocessedCritical, type Certificate } from '#pki/x509';
import { MasterListError, type MasterListErrorCode } from './master-list-error.ts';

/** id-icao-cscaMasterList and id-icao-cscaMasterListSigningKey (Doc 9303-12 §9.2). */
const MASTER_LIST = '2.23.136.1.1.2';
const SIGNING_KEY = '2.23.136.1.1.3';

/** The lists that are published have some 500 certificates and a megabyte. */
const BYTES_MAX = 8 * 1024 * 1024;
const CERTIFICATES_MAX = 4096;
const SIGNER_FIELDS_MAX = 16;

/**
 * The CSCA certificates of a list, DER, none of them parsed: a list brings those of States whose form nothing here reads. The list
 * must be signed by a Master List Signer of one of the `csca`, which the caller trusts; `at` is now.
 *
 * Errors: `MasterListError` MASTER_LIST_MALFORMED, MASTER_LIST_SIGNER_UNTRUSTED, MASTER_LIST_SIGNATURE_INVALID.
 */
export function readMasterList(
  list: Uint8Array,
  against: { readonly csca: readonly Uint8Array[]; readonly at: Date },
): readonly Uint8Array[] {
  const { data, content, signer, certificates } = wellFormed(() => readList(list));
  checkSigner(signer, against);
  const fault = verifySignerInfo(data, content, signer);
  if (fault !== undefined) throw refused('MASTER_LIST_SIGNATURE_INVALID', fault);
  return certificates;
}

interface ReadList {
  readonly data: SignedData;
  readonly content: Uint8Array;
  readonly signer: Certificate;
  readonly certificates: readonly Uint8Array[];
}

function readList(list: Uint8Array): ReadList {
  const data = parseSignedData(list, 'master list', BYTES_MAX);
  if (data.version !== 3 || data.contentType !== MASTER_LIST || data.content === undefined) {
    throw refused('MASTER_LIST_MALFORMED', `content type ${data.contentType}`);
  }
  const signer = signerOf(data);
  if (signer === undefined) throw refused('MASTER_LIST_MALFORMED', 'the certificate of the signer is not there, or twice');
  return { data, content: data.content, signer, certificates: readContent(data.content) };
}

/** `CscaMasterList ::= SEQUENCE { version INTEGER {v0(0)}, certList SET OF Certificate }` (§9.2). */
function readContent(content: Uint8Array): readonly Uint8Array[] {
  const list = decodeOnly(content, DER.SEQUENCE, 'CscaMasterList');
  if (readSmallInteger(list) !== 0) throw list.error('BYTES_UNEXPECTED', 'version', 'not v0');
  const set = enter(list, DER.SET);
  list.end();
  const certificates: Uint8Array[] = [];
  while (set.remaining > 0) {
    if (certificates.length >= CERTIFICATES_MAX) throw set.error('BYTES_LIMIT', undefined, `more than ${CERTIFICATES_MAX} certificates`);
    certificates.push(Uint8Array.from(readRaw(set)));
  }
  return certificates;
}

/** A Master List Signer of a CSCA that is trusted, with the one purpose that it has (Doc 9303-12 §7.1.1, table 4). */
function checkSigner(signer: Certificate, { csca, at }: { readonly csca: readonly Uint8Array[]; readonly at: Date }): void {
  const { trusted } = findCsca(signer, csca);
  if (trusted === undefined) throw refused('MASTER_LIST_SIGNER_UNTRUSTED', 'no CSCA given here has certified it');
  if (signer.isCa || !signer.keyUsage.includes(0)) throw refused('MASTER_LIST_SIGNER_UNTRUSTED', 'key usage');
  if (!wellFormed(() => purposesOf(signer)).includes(SIGNING_KEY))
    throw refused('MASTER_LIST_SIGNER_UNTRUSTED', 'not a Master List Signer');
  const [critical] = unprocessedCritical(signer).filter((oid) => oid !== OID.extKeyUsage);
  if (critical !== undefined) throw refused('MASTER_LIST_SIGNER_UNTRUSTED', `critical extension ${critical}`);
  for (const { validity } of [signer, trusted]) {
    if (at < validity.notBefore || at > validity.notAfter) throw refused('MASTER_LIST_SIGNER_UNTRUSTED', 'out of date');
  }
}

/** `ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId` (RFC 5280 §4.2.1.12). */
function purposesOf({ extensions }: Certificate): readonly string[] {
  const value = extensions.get(OID.extKeyUsage)?.value;
  if (value === undefined) return [];
  const purposes: string[] = [];
  const sequence = decodeOnly(value, DER.SEQUENCE, 'extKeyUsage');
  while (sequence.remaining > 0) {
    if (purposes.length >= SIGNER_FIELDS_MAX) throw sequence.error('BYTES_LIMIT', undefined, `more than ${SIGNER_FIELDS_MAX} purposes`);
    purposes.push(readOid(sequence));
  }
  return purposes;
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
