import { ascii, isCodedError } from '#encoder/bytes';
import { decodeChecksums, encodeChecksums } from './checksums.ts';
import { judge, type ConformanceAgainst } from './conformance.ts';
import { decodePkdObject, encodePkdObject, pkdDn, type PkdConformance, type PkdKind, type PkdObject } from './entry.ts';
import { decodeLdif, encodeLdif } from './ldif.ts';
import { PkdError } from './pkd-error.ts';

/** All DER. What is published of one country at one time: the PKD takes one CRL and one list of each kind. */
export interface PkdUploadRequest extends ConformanceAgainst {
  /** Two letters. */
  readonly country: string;
  readonly documentSigners?: readonly Uint8Array[];
  readonly crl?: Uint8Array;
  readonly masterList?: Uint8Array;
  readonly deviationList?: Uint8Array;
}

export interface PkdFile {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface PkdUpload {
  /** LDIF of the conformant branch, of the non-conformant one where there is anything in it, and the checksums of both. */
  readonly files: readonly PkdFile[];
  readonly entries: readonly { readonly kind: PkdKind; readonly dn: string; readonly conformance: readonly PkdConformance[] }[];
}

export const CHECKSUMS = 'SHA256SUMS';

/**
 * The files for an upload, and in which branch each object is and why. Nothing is left out: what breaks a rule goes to the non-conformant branch
 * with the rule's name, so that a person decides whether it is uploaded at all.
 *
 * Errors: PKD_OBJECT_UNREADABLE, PKD_COUNTRY_MISMATCH, PKD_ENTRY_DUPLICATE.
 */
export function pkdUpload(request: PkdUploadRequest): PkdUpload {
  const { country, documentSigners = [], crl, masterList, deviationList } = request;
  const contents: readonly (readonly [PkdKind, Uint8Array | undefined])[] = [
    ...documentSigners.map((certificate) => ['dsc', certificate] as const),
    ['crl', crl],
    ['ml', masterList],
    ['dl', deviationList],
  ];
  const objects = contents.flatMap(([kind, content]) => (content === undefined ? [] : [objectOf(kind, content, request)]));
  const names = objects.map((object) => pkdDn(object).toLowerCase());
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice >= 0) throw new PkdError('PKD_ENTRY_DUPLICATE', { where: objects[twice]?.kind ?? 'dsc' });
  const branch = (name: string, members: readonly PkdObject[]): readonly PkdFile[] =>
    members.length === 0 ? [] : [{ name: `pkd-${country.toLowerCase()}-${name}.ldif`, content: encodeLdif(members.map(encodePkdObject)) }];
  const files = [
    ...branch(
      'data',
      objects.filter(({ conformant }) => conformant),
    ),
    ...branch(
      'nc-data',
      objects.filter(({ conformant }) => !conformant),
    ),
  ];
  return {
    files: [...files, { name: CHECKSUMS, content: encodeChecksums(files) }],
    entries: objects.map((object) => ({ kind: object.kind, dn: pkdDn(object), conformance: object.conformance })),
  };
}

function objectOf(kind: PkdKind, content: Uint8Array, request: PkdUploadRequest): PkdObject {
  const { country, ...judged } = judge(kind, content, request);
  if (country?.toUpperCase() !== request.country) throw new PkdError('PKD_COUNTRY_MISMATCH', { where: kind });
  return { kind, country: request.country, content, conformant: judged.conformance.length === 0, ...judged };
}

/**
 * The objects of an LDIF file: of an upload, or of a collection that the PKD offers for download. Nothing is verified: distribution makes no trust
 * (Doc 9303-12 §5). Errors: PKD_LDIF_MALFORMED, PKD_ENTRY_MALFORMED, PKD_ENTRY_DUPLICATE.
 */
export function readPkd(file: Uint8Array): readonly PkdObject[] {
  const names = new Set<string>();
  return decodeLdif(file).flatMap((entry) => {
    const where = `line ${entry.line ?? 0}`;
    const name = entry.dn.toLowerCase();
    if (names.has(name)) throw new PkdError('PKD_ENTRY_DUPLICATE', { where });
    names.add(name);
    try {
      const object = decodePkdObject(entry);
      return object === undefined ? [] : [object];
    } catch (cause) {
      if (!isCodedError(cause) || (cause instanceof PkdError && cause.where === where)) throw cause;
      throw new PkdError('PKD_ENTRY_MALFORMED', { where, detail: cause.detail ?? cause.code, cause });
    }
  });
}

/** Every file against the checksums that came with it, and no file without one. Errors: PKD_CHECKSUM_MISMATCH naming the file. */
export function verifyPkdFiles(files: readonly PkdFile[]): void {
  const sums = decodeChecksums(files.find(({ name }) => name === CHECKSUMS)?.content ?? ascii(''));
  const others = files.filter(({ name }) => name !== CHECKSUMS);
  const computed = decodeChecksums(encodeChecksums(others));
  for (const name of new Set([...sums.keys(), ...computed.keys()])) {
    if (sums.get(name) === undefined || sums.get(name) !== computed.get(name)) throw new PkdError('PKD_CHECKSUM_MISMATCH', { where: name });
  }
}
