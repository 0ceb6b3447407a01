import { ldsSecurityObject, type LdsSecurityObject } from '#encoder/lds';
import { tlv } from '#encoder/tlv';
import { encodeSignedAttributes, encodeSignedData, signerIdentifier } from '#pki/cms';
import { OID, type Certificate } from '#pki/x509';
import { HASH_OF, signatureAlgorithmOf, type SodAlgorithms } from './algorithms.ts';

/** What all EF.SOD of one Document Signer over the same set of data groups share. */
export interface SodShape {
  readonly certificate: Certificate;
  readonly algorithms: SodAlgorithms;
  /** Numbers in ascending order. */
  readonly dataGroups: readonly number[];
  readonly ldsVersionInfo: LdsSecurityObject['ldsVersionInfo'];
}

/**
 * EF.SOD as bytes with holes: hashes of data groups, messageDigest and signature have their lengths from the algorithms (an
 * ECDSA signature has one of a few), so everything else is encoded once and copied for each card.
 */
export interface SodTemplate {
  ldsSecurityObject(hashes: readonly Uint8Array[]): Uint8Array;
  /** The SET OF that is signed. */
  signedAttributes(messageDigest: Uint8Array): Uint8Array;
  /** The whole file, tag 77. */
  efSod(ldsSecurityObject: Uint8Array, signedAttributes: Uint8Array, signature: Uint8Array): Uint8Array;
}

/** DataGroupHash is SEQUENCE { INTEGER of one byte, OCTET STRING }: so many bytes stand before each hash. */
const BEFORE_HASH = 7;

const HASH_BYTES = { sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;

export function sodTemplate({ certificate, algorithms, dataGroups, ldsVersionInfo }: SodShape): SodTemplate {
  const algorithm = signatureAlgorithmOf(algorithms);
  const { digest, digestParameters, signerIdentifier: identifiedBy } = algorithms;
  const hashBytes = HASH_BYTES[HASH_OF[digest]];
  const lds = ldsSecurityObject.encode({
    hashAlgorithm: digest,
    ...(digestParameters === 'null' ? { hashParameters: digestParameters } : {}),
    dataGroupHashes: dataGroups.map((dataGroup) => ({ dataGroup, hash: new Uint8Array(hashBytes) })),
    ...(ldsVersionInfo === undefined ? {} : { ldsVersionInfo }),
  });
  const attributes = encodeSignedAttributes({
    contentType: OID.ldsSecurityObject,
    messageDigest: new Uint8Array(HASH_BYTES[algorithm.hash]),
  });
  const firstHash = endOfHashes(lds, ldsVersionInfo) - dataGroups.length * (BEFORE_HASH + hashBytes) + BEFORE_HASH;
  const around = memoised((signatureBytes: number): Frame => {
    const file = encodeSignedData({
      contentType: OID.ldsSecurityObject,
      content: lds,
      algorithm,
      digestParameters,
      signer: signerIdentifier(certificate, identifiedBy),
      certificates: [certificate.certificate],
      signedAttributes: attributes,
      signature: new Uint8Array(signatureBytes),
    });
    return frameOf(tlv(0x77, file), lds, attributes);
  });
  return {
    ldsSecurityObject: (hashes) => {
      const filled = Uint8Array.from(lds);
      for (const [index, hash] of hashes.entries()) filled.set(hash, firstHash + index * (BEFORE_HASH + hashBytes));
      return filled;
    },
    // contentType sorts before messageDigest (§11.6): its encoding is shorter. The value is the end of the last attribute.
    signedAttributes: (messageDigest) => filledAt(attributes, attributes.length - messageDigest.length, messageDigest),
    efSod: (content, signedAttributes, signature) => {
      const { file, contentAt, attributesAt } = around(signature.length);
      const filled = Uint8Array.from(file);
      filled.set(content, contentAt);
      filled.set(signedAttributes.subarray(1), attributesAt);
      filled.set(signature, filled.length - signature.length);
      return filled;
    },
  };
}

interface Frame {
  readonly file: Uint8Array;
  readonly contentAt: number;
  /** Of the byte after the tag, which is [0] in the file and SET OF in what is signed. */
  readonly attributesAt: number;
}

/**
 * Where the holes are. What stands before the content is too short to hold it, and after the attributes come an algorithm and zeros: the
 * first match of the one and the last of the other are they.
 */
function frameOf(file: Uint8Array, content: Uint8Array, attributes: Uint8Array): Frame {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  return { file, contentAt: bytes.indexOf(content), attributesAt: bytes.lastIndexOf(attributes.subarray(1)) };
}

function endOfHashes(lds: Uint8Array, info: LdsSecurityObject['ldsVersionInfo']): number {
  if (info === undefined) return lds.length;
  // SEQUENCE { PrintableString, PrintableString }, every length of one byte.
  return lds.length - 6 - info.ldsVersion.length - info.unicodeVersion.length;
}

function filledAt(bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const filled = Uint8Array.from(bytes);
  filled.set(part, at);
  return filled;
}

function memoised<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const found = known.get(key) ?? make(key);
    known.set(key, found);
    return found;
  };
}
