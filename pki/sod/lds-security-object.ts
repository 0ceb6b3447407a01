import { equalBytes, type ByteReader, type Codec } from '#encoder/bytes';
import { decodeOnly, enter, tlv } from '#encoder/tlv';
import { hashOfOid } from '#pki/cms';
import { decodeOid, encodeOid, OID, type HashName } from '#pki/x509';
import { SodError } from './sod-error.ts';

export interface DataGroupHash {
  readonly dataGroup: number;
  readonly hash: Uint8Array;
}

export interface LdsSecurityObject {
  readonly hashAlgorithm: HashName;
  readonly dataGroupHashes: readonly DataGroupHash[];
  /** Version 1 only: LDS and Unicode versions, inside the signature. Version 0 is what Cardmint makes. */
  readonly ldsVersionInfo?: { readonly ldsVersion: string; readonly unicodeVersion: string };
}

/**
 * LDSSecurityObject ::= SEQUENCE {
 *   version LDSSecurityObjectVersion,                                 -- v0(0), v1(1)
 *   hashAlgorithm DigestAlgorithmIdentifier,
 *   dataGroupHashValues SEQUENCE SIZE (2..16) OF DataGroupHash,
 *   ldsVersionInfo LDSVersionInfo OPTIONAL }                          -- present if, and only if, v1
 * (Doc 9303-10 §4.6.2.3 and Appendix D.2.) Written with absent digest parameters (note 2); read with absent or NULL ones, of which
 * only the first is canonical.
 */
export const ldsSecurityObject: Codec<LdsSecurityObject> = {
  encode(value) {
    const hashes = value.dataGroupHashes.map(({ dataGroup, hash }) => tlv(0x30, tlv(0x02, Uint8Array.of(dataGroup)), tlv(0x04, hash)));
    const info = value.ldsVersionInfo;
    const versions =
      info === undefined
        ? []
        : [tlv(0x30, tlv(0x13, Buffer.from(info.ldsVersion, 'latin1')), tlv(0x13, Buffer.from(info.unicodeVersion, 'latin1')))];
    return tlv(
      0x30,
      tlv(0x02, Uint8Array.of(info === undefined ? 0 : 1)),
      tlv(0x30, encodeOid(OID[value.hashAlgorithm])),
      tlv(0x30, ...hashes),
      ...versions,
    );
  },

  decode(bytes) {
    const object = decodeOnly(bytes, 0x30, 'LDSSecurityObject');
    const version = enter(object, 0x02).rest();
    const hashAlgorithm = readHashAlgorithm(enter(object, 0x30));
    const dataGroupHashes = readHashes(enter(object, 0x30));
    if (equalBytes(version, Uint8Array.of(0))) {
      object.end();
      return { hashAlgorithm, dataGroupHashes };
    }
    if (!equalBytes(version, Uint8Array.of(1))) throw malformed('version', 'neither v0 nor v1');
    const info = enter(object, 0x30);
    const [ldsVersion, unicodeVersion] = [readPrintable(info), readPrintable(info)];
    info.end();
    object.end();
    return { hashAlgorithm, dataGroupHashes, ldsVersionInfo: { ldsVersion, unicodeVersion } };
  },
};

function readHashAlgorithm(algorithm: ByteReader): HashName {
  const hash = hashOfOid(decodeOid(enter(algorithm, 0x06).rest()));
  if (algorithm.remaining > 0) enter(algorithm, 0x05).end();
  algorithm.end();
  if (hash === undefined) throw malformed('hashAlgorithm', 'not one of SHA-224 to SHA-512');
  return hash;
}

function readHashes(list: ByteReader): readonly DataGroupHash[] {
  const hashes: DataGroupHash[] = [];
  while (list.remaining > 0) {
    const entry = enter(list, 0x30);
    const [dataGroup, ...more] = enter(entry, 0x02).rest();
    const hash = Uint8Array.from(enter(entry, 0x04).rest());
    entry.end();
    if (dataGroup === undefined || more.length > 0 || dataGroup < 1 || dataGroup > 16) throw malformed('dataGroupNumber', 'not 1 to 16');
    if (hashes.some((known) => known.dataGroup === dataGroup)) throw malformed('dataGroupHashValues', `DG${dataGroup} twice`);
    hashes.push({ dataGroup, hash });
  }
  // SIZE (2..16): a card has DG1 and DG2 at least; sixteen is kept by the numbers being different.
  if (hashes.length < 2) throw malformed('dataGroupHashValues', 'fewer than two');
  return hashes;
}

function readPrintable(reader: ByteReader): string {
  return Buffer.from(enter(reader, 0x13).rest()).toString('latin1');
}

function malformed(field: string, detail: string): SodError {
  return new SodError('SOD_MALFORMED', { where: `LDSSecurityObject/${field}`, detail });
}
