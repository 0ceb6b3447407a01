import { decodeOnly, DER, derInteger, derSequence, derSetOf, enter, readRaw, readSmallInteger } from '#encoder/tlv';

/** The lists that are published have some 500 certificates. */
const CERTIFICATES_MAX = 4096;

export interface MasterListContent {
  readonly version: number;
  /** DER, in the order in which they stand, none of them parsed: a list brings those of States whose form nothing here reads. */
  readonly certificates: readonly Uint8Array[];
}

/** `CscaMasterList ::= SEQUENCE { version INTEGER {v0(0)}, certList SET OF Certificate }` (Doc 9303-12 §9.2). Throws `DecodeError`. */
export function readMasterListContent(content: Uint8Array): MasterListContent {
  const list = decodeOnly(content, DER.SEQUENCE, 'CscaMasterList');
  const version = readSmallInteger(list);
  const set = enter(list, DER.SET);
  list.end();
  const certificates: Uint8Array[] = [];
  while (set.remaining > 0) {
    if (certificates.length >= CERTIFICATES_MAX) throw set.error('BYTES_LIMIT', undefined, `more than ${CERTIFICATES_MAX} certificates`);
    certificates.push(Uint8Array.from(readRaw(set)));
  }
  return { version, certificates };
}

/** In DER the members of the SET stand in the order of their encodings, whatever the order given. */
export function encodeMasterListContent(certificates: readonly Uint8Array[]): Uint8Array {
  return derSequence(derInteger(0), derSetOf(certificates));
}
