import { type ByteReader, type Codec, type Example, fromHex } from '#encoder/bytes';
import {
  DER,
  decodeOnly,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  enter,
  readNull,
  readOctetString,
  readOid,
  readPrintableString,
  readSmallInteger,
} from '#encoder/tlv';

/**
 * The signed content of EF.SOD (Doc 9303-10 §4.6.2.3).
 *
 * ```
 * LDSSecurityObject ::= SEQUENCE { version INTEGER { v0(0), v1(1) }, hashAlgorithm DigestAlgorithmIdentifier,
 *   dataGroupHashValues SEQUENCE SIZE (2..16) OF DataGroupHash, ldsVersionInfo LDSVersionInfo OPTIONAL -- v1 only }
 * DataGroupHash ::= SEQUENCE { dataGroupNumber INTEGER, dataGroupHashValue OCTET STRING }
 * LDSVersionInfo ::= SEQUENCE { ldsVersion PrintableString, unicodeVersion PrintableString }
 * ```
 */
export interface LdsSecurityObject {
  readonly hashAlgorithm: HashName;
  /** RFC 5754 §2: absent by preference; a file with NULL parameters is read and written back with them. */
  readonly hashParameters?: 'null';
  /** In the order of the file; each data group once. */
  readonly dataGroupHashes: readonly { readonly dataGroup: number; readonly hash: Uint8Array }[];
  /** Present in version 1 and only there. */
  readonly ldsVersionInfo?: { readonly ldsVersion: string; readonly unicodeVersion: string };
}

/** Doc 9303-12 §4.4.1 and 4.4.2; SHA-1 is found on old documents and is read, never written. */
const HASHES = {
  'SHA-1': { oid: '1.3.14.3.2.26', size: 20 },
  'SHA-224': { oid: '2.16.840.1.101.3.4.2.4', size: 28 },
  'SHA-256': { oid: '2.16.840.1.101.3.4.2.1', size: 32 },
  'SHA-384': { oid: '2.16.840.1.101.3.4.2.2', size: 48 },
  'SHA-512': { oid: '2.16.840.1.101.3.4.2.3', size: 64 },
} as const;

export type HashName = keyof typeof HASHES;

const HASHES_LEAST = 2;
const HASHES_MOST = 16;

export const ldsSecurityObject: Codec<LdsSecurityObject> = {
  encode({ hashAlgorithm, hashParameters, dataGroupHashes: hashes, ldsVersionInfo }) {
    const { oid, size } = HASHES[hashAlgorithm];
    const numbers = new Set(hashes.map(({ dataGroup }) => dataGroup));
    const sound = hashes.every(({ dataGroup, hash }) => isDataGroup(dataGroup) && hash.length === size) && numbers.size === hashes.length;
    if (!sound || hashes.length < HASHES_LEAST || hashes.length > HASHES_MOST) {
      throw new RangeError(`2 to 16 hashes of ${size} bytes, each data group once`);
    }
    return derSequence(
      derInteger(ldsVersionInfo === undefined ? 0 : 1),
      derSequence(derOid(oid), ...(hashParameters === 'null' ? [derNull()] : [])),
      derSequence(...hashes.map(({ dataGroup, hash }) => derSequence(derInteger(dataGroup), derOctetString(hash)))),
      ...(ldsVersionInfo === undefined
        ? []
        : [derSequence(derPrintableString(ldsVersionInfo.ldsVersion), derPrintableString(ldsVersionInfo.unicodeVersion))]),
    );
  },

  decode(bytes) {
    const object = decodeOnly(bytes, DER.SEQUENCE, 'LDSSecurityObject');
    const version = readSmallInteger(object, 1);
    const algorithm = readHashAlgorithm(enter(object, DER.SEQUENCE));
    const dataGroupHashes = readHashes(enter(object, DER.SEQUENCE), algorithm.hashAlgorithm);
    if (version === 0) {
      object.end();
      return { ...algorithm, dataGroupHashes };
    }
    const info = enter(object, DER.SEQUENCE);
    object.end();
    const ldsVersionInfo = { ldsVersion: readPrintableString(info), unicodeVersion: readPrintableString(info) };
    info.end();
    return { ...algorithm, dataGroupHashes, ldsVersionInfo };
  },
};

function readHashAlgorithm(algorithm: ByteReader): Pick<LdsSecurityObject, 'hashAlgorithm' | 'hashParameters'> {
  const oid = readOid(algorithm);
  const name = (Object.keys(HASHES) as HashName[]).find((candidate) => HASHES[candidate].oid === oid);
  if (name === undefined) throw algorithm.error('BYTES_UNEXPECTED', 'hashAlgorithm', oid);
  if (algorithm.remaining === 0) return { hashAlgorithm: name };
  readNull(algorithm);
  algorithm.end();
  return { hashAlgorithm: name, hashParameters: 'null' };
}

function readHashes(list: ByteReader, name: HashName): LdsSecurityObject['dataGroupHashes'] {
  const hashes: { dataGroup: number; hash: Uint8Array }[] = [];
  while (list.remaining > 0) {
    const item = enter(list, DER.SEQUENCE);
    const dataGroup = readSmallInteger(item, HASHES_MOST);
    const hash = readOctetString(item);
    item.end();
    if (hash.length !== HASHES[name].size) throw item.error('BYTES_UNEXPECTED', 'dataGroupHashValue', `${hash.length} bytes`);
    if (!isDataGroup(dataGroup) || hashes.some((known) => known.dataGroup === dataGroup)) {
      throw item.error('BYTES_UNEXPECTED', 'dataGroupNumber', `DG${dataGroup}`);
    }
    hashes.push({ dataGroup, hash });
  }
  if (hashes.length < HASHES_LEAST) throw list.error('BYTES_TRUNCATED', undefined, `${hashes.length} hashes`);
  return hashes;
}

function isDataGroup(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= 16;
}

const HASH = fromHex('00'.repeat(32));

export const ldsSecurityObjectExamples: readonly Example<LdsSecurityObject>[] = [
  {
    name: 'version 0, SHA-256, two data groups',
    source: 'synthetic, ICAO Doc 9303-10 §4.6.2.3',
    value: {
      hashAlgorithm: 'SHA-256',
      dataGroupHashes: [
        { dataGroup: 1, hash: HASH },
        { dataGroup: 2, hash: HASH },
      ],
    },
    hex: `3060 020100 300B 0609608648016503040201 304E 3025 020101 0420 ${'00'.repeat(32)} 3025 020102 0420 ${'00'.repeat(32)}`,
  },
  {
    name: 'version 1, NULL parameters',
    source: 'synthetic, ICAO Doc 9303-10 §4.6.2.3',
    value: {
      hashAlgorithm: 'SHA-256',
      hashParameters: 'null',
      dataGroupHashes: [
        { dataGroup: 1, hash: HASH },
        { dataGroup: 2, hash: HASH },
      ],
      ldsVersionInfo: { ldsVersion: '0108', unicodeVersion: '040000' },
    },
    hex: `3072 020101 300D 0609608648016503040201 0500 304E 3025 020101 0420 ${'00'.repeat(32)} 3025 020102 0420 ${'00'.repeat(32)}
          300E 1304 30313038 1306 303430303030`,
  },
];
